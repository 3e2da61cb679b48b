"""The memory of lists: length, capacity, items; see `abi`."""

from graph.aval import ListType
from graph.llvm import ir
from graph.llvm.abi import HEADER, LIST_BYTES, LIST_CAPACITY, LIST_ITEMS, LIST_LENGTH, size_of
from graph.llvm.blocks import allocate
from graph.llvm.scalars import Scalars
from graph.llvm.types import I8, I64, NULL, PTR


def length_of(s: Scalars, block: ir.Value) -> ir.Value:
    """The number of elements."""
    return s.b.load(s.code.offset(block, LIST_LENGTH, I8), typ=I64)


def items_of(s: Scalars, block: ir.Value) -> ir.Value:
    """The block that the elements are in; null where there is no room for any."""
    return s.b.load(s.code.offset(block, LIST_ITEMS, I8), typ=PTR)


def element_place(s: Scalars, items: ir.Value, t: ListType, i: ir.Value) -> ir.Value:
    """Where the descriptor of element `i` is."""
    at = s.b.add(s.b.mul(i, I64(size_of(t.element))), I64(HEADER))
    return s.code.offset(items, at, I8)


def set_fields(s: Scalars, block: ir.Value, length: ir.Value, capacity: ir.Value, items: ir.Value) -> None:
    """Write what a list's block holds."""
    code, b = s.code, s.b
    b.store(length, code.offset(block, LIST_LENGTH, I8))
    b.store(capacity, code.offset(block, LIST_CAPACITY, I8))
    b.store(items, code.offset(block, LIST_ITEMS, I8))


def new_list(s: Scalars, t: ListType, length: ir.Value) -> ir.Value:
    """A list of `length` elements, whose descriptors are all to be written."""
    block = allocate(s.code, LIST_BYTES)
    set_fields(s, block, length, length, NULL)
    with s.code.when(s.b.icmp_signed(">", length, I64(0))):
        items = allocate(s.code, s.b.mul(length, I64(size_of(t.element))))
        s.b.store(items, s.code.offset(block, LIST_ITEMS, I8))
    return block
