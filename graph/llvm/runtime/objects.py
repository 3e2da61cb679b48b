"""From Python objects to descriptors and back, in the word language. `plan.py` makes the nodes that say which type.

`take` looks only at what it can use as it is; everything else is made fit in Python, and comes again.
"""

from typing import Final

from graph.llvm.abi import HEADER, LIST_BYTES, LIST_CAPACITY, LIST_ITEMS, LIST_LENGTH
from graph.llvm.runtime.memory import (
    CAPACITY,
    COUNT,
    count_up,
    dy_alloc,
    handed_over,
    release,
    to_store,
    unhook,
)
from graph.llvm.runtime.nodes import (
    ANY_SIZE,
    ARRAY,
    BY_VALUE,
    DESCR,
    DIMS,
    ELEMENT,
    ITEMSIZE,
    KIND,
    LIST,
    NDIM,
    NUMBER_TYPE,
    OPTIONAL,
    SCALAR_TYPE,
    SIZE,
    TYPE_NUM,
)
from graph.llvm.runtime.object_layout import (
    ARRAY_DATA,
    ARRAY_DESCR,
    ARRAY_DIMS,
    ARRAY_FLAGS,
    ARRAY_NDIM,
    C_ORDER_ALIGNED_WRITABLE,
    C_ORDER_AND_ALIGNED,
    DESCR_BYTEORDER,
    DESCR_TYPE_NUM,
    NATIVE,
    NO_BYTE_ORDER,
    TYPE,
)
from graph.llvm.runtime.python_api import (
    add_reference,
    array_new,
    array_scalar,
    array_set_base,
    array_type,
    bool_type,
    capsule_new,
    capsule_pointer,
    drop_reference,
    error_clear,
    error_occurred,
    float_type,
    float_value,
    int_type,
    int_value,
    list_fill,
    list_item,
    list_new,
    list_size,
    list_type,
    none,
    scalar_as_c,
    true,
)
from graph.llvm.runtime.words import Word, address, copy, load, load_byte, load_half, store, store_byte

HAND_OVER: Final = 1 << 13
"""Bytes from which on a result keeps its block, instead of being copied to memory of NumPy's."""

block_capsule_name = 0
"""Capsules of blocks have no name."""


def is_array(node: Word, x: Word, sizes: Word, binds: Word) -> Word:
    """1 if `x` is an array whose memory is as the node says. `binds`: a size met for the first time is noted."""
    if load(x + TYPE) != array_type:
        return 0
    descr = load(x + ARRAY_DESCR)
    if descr != load(node + DESCR):
        if load_half(descr + DESCR_TYPE_NUM) != load(node + TYPE_NUM):
            return 0
        order = load_byte(descr + DESCR_BYTEORDER)
        if order != NATIVE and order != NO_BYTE_ORDER:
            return 0
    ndim = load(node + NDIM)
    if load_half(x + ARRAY_NDIM) != ndim:
        return 0
    if (load_half(x + ARRAY_FLAGS) & C_ORDER_AND_ALIGNED) != C_ORDER_AND_ALIGNED:
        return 0
    dims = load(x + ARRAY_DIMS)
    for axis in range(ndim):
        expected = load(node + DIMS + axis * 8)
        found = load(dims + axis * 8)
        if expected >= 0:
            if found != expected:
                return 0
        elif expected != ANY_SIZE:
            place = sizes - 8 - expected * 8
            known = load(place)
            if known < 0:
                if binds:
                    store(place, found)
            elif known != found:
                return 0
    return 1


def holds_list(node: Word) -> Word:
    """Whether a value of the type is, or may be, a list."""
    while load(node + KIND) == OPTIONAL:
        node = load(node + ELEMENT)
    return load(node + KIND) == LIST


def bytes_of(node: Word, dims: Word) -> Word:
    """Bytes of the elements of an array with these dims."""
    size = load(node + ITEMSIZE)
    for axis in range(load(node + NDIM)):
        size = size * load(dims + axis * 8)
    return size


def take_number(node: Word, x: Word, to: Word) -> Word:
    """A 0-d element from a scalar of NumPy's or Python's; 0 if it does not fit."""
    kind = load(x + TYPE)
    if kind == load(node + SCALAR_TYPE):
        scalar_as_c(x, to)
        return 1
    if kind != load(node + NUMBER_TYPE):
        return 0
    if kind == float_type:
        store(to, float_value(x))
        return 1
    if kind == int_type:
        value = int_value(x)
        if value == -1 and error_occurred():
            error_clear()
            return 0
        store(to, value)
        return 1
    if kind == bool_type:
        store_byte(to, x == true)
        return 1
    return 0


def take(ctx: Word, node: Word, x: Word, to: Word, sizes: Word, binds: Word, owns: Word) -> Word:
    """Write the descriptor of an object at `to`. 1, or 0 if the object does not fit as it is.

    `owns`: elements of arrays are copied into blocks; else the object must outlive the descriptor.
    """
    kind = load(node + KIND)
    if kind == BY_VALUE:
        if load(x + TYPE) != array_type and not load(node + NDIM):
            return take_number(node, x, to)
        if not is_array(node, x, sizes, binds):
            return 0
        copy(to, load(x + ARRAY_DATA), bytes_of(node, load(x + ARRAY_DIMS)))
        return 1
    if kind == ARRAY:
        if not is_array(node, x, sizes, binds):
            return 0
        dims = load(x + ARRAY_DIMS)
        data = load(x + ARRAY_DATA)
        block = 0
        if owns:
            size = bytes_of(node, dims)
            block = dy_alloc(ctx, size)
            if not block:
                return 0
            copy(block + HEADER, data, size)
            data = block + HEADER
        store(to, block)
        store(to + 8, data)
        for axis in range(load(node + NDIM)):
            store(to + 16 + axis * 8, load(dims + axis * 8))
        return 1
    if kind == OPTIONAL:
        if x == none:
            for word in range(load(node + SIZE) // 8):
                store(to + word * 8, 0)
            return 1
        store(to, 1)
        return take(ctx, load(node + ELEMENT), x, to + 8, sizes, binds, owns)
    return take_list(ctx, load(node + ELEMENT), x, to, sizes, owns)


def take_list(ctx: Word, element: Word, x: Word, to: Word, sizes: Word, owns: Word) -> Word:
    """`take` for a Python list."""
    if load(x + TYPE) != list_type:
        return 0
    length = list_size(x)
    step = load(element + SIZE)
    block = dy_alloc(ctx, LIST_BYTES)
    items = dy_alloc(ctx, length * step) if length else 0
    if not block or (length and not items):
        return 0
    store(block + LIST_LENGTH, length)
    store(block + LIST_CAPACITY, length)
    store(block + LIST_ITEMS, items)
    store(to, block)
    for i in range(length):
        if not take(ctx, element, list_item(x, i), items + HEADER + i * step, sizes, 0, owns):
            return 0
    return 1


def give(ctx: Word, node: Word, at: Word, owns: Word) -> Word:
    """The object of a descriptor, a new reference; 0 with an exception set.

    The object has memory of its own. `owns`: the counts that the descriptor holds are given up.
    """
    kind = load(node + KIND)
    if kind == BY_VALUE:
        if not load(node + NDIM):
            return array_scalar(at, load(node + DESCR), 0)
        return new_array(node, node + DIMS, at)
    if kind == ARRAY:
        return give_array(ctx, node, at, owns)
    if kind == OPTIONAL:
        if load(at):
            return give(ctx, load(node + ELEMENT), at + 8, owns)
        add_reference(none)
        return none
    return give_list(ctx, load(node + ELEMENT), load(at), owns)


def new_array(node: Word, dims: Word, data: Word) -> Word:
    """An array of NumPy's with a copy of the elements at `data`."""
    descr = load(node + DESCR)
    add_reference(descr)
    array = array_new(array_type, descr, load(node + NDIM), dims, 0, 0, 0, 0)
    if array:
        copy(load(array + ARRAY_DATA), data, bytes_of(node, dims))
    return array


def give_array(ctx: Word, node: Word, at: Word, owns: Word) -> Word:
    """`give` for what is not by value: with its block where that is large, filled and nobody else's."""
    block = load(at)
    data = load(at + 8)
    dims = at + 16
    size = bytes_of(node, dims)
    if owns and block and size >= HAND_OVER and load(block + COUNT) == 1 and load(block + CAPACITY) <= 2 * size:
        descr = load(node + DESCR)
        add_reference(descr)
        array = array_new(array_type, descr, load(node + NDIM), dims, 0, data, C_ORDER_ALIGNED_WRITABLE, 0)
        if not array:
            return 0
        owner = capsule_new(block, block_capsule_name, address(block_dropped))
        if not owner:
            drop_reference(array)
            return 0
        unhook(ctx, block)
        count_up(handed_over, 1)
        if array_set_base(array, owner):
            drop_reference(array)
            return 0
        return array
    array = new_array(node, dims, data)
    if owns:
        release(ctx, block)
    return array


def block_dropped(capsule: Word) -> Word:
    """The array that has a block is gone."""
    block = capsule_pointer(capsule, block_capsule_name)
    count_up(handed_over, -1)
    return to_store(block)


def give_list(ctx: Word, element: Word, block: Word, owns: Word) -> Word:
    """`give` for a list. The elements of a list that has another owner stay that one's."""
    length = load(block + LIST_LENGTH)
    items = load(block + LIST_ITEMS)
    step = load(element + SIZE)
    owns_items = owns and load(block + COUNT) == 1
    made = list_new(length)
    if not made:
        return 0
    for i in range(length):
        item = give(ctx, element, items + HEADER + i * step, owns_items)
        if not item:
            drop_reference(made)
            return 0
        list_fill(made, i, item)
    if owns_items:
        release(ctx, items)
    if owns:
        release(ctx, block)
    return made
