"""The way in and the ways out of native code, in the word language: one call and its callbacks."""

from typing import Final

from graph.llvm.abi import HEADER, Status
from graph.llvm.runtime.clock import ticks
from graph.llvm.runtime.memory import (
    GROUP,
    PEAK,
    PROGRAM,
    count_up,
    dy_alloc,
    dy_begin,
    dy_end,
    dy_free,
    left_over,
    load,
    store,
)
from graph.llvm.runtime.object_layout import (
    BYTES_DATA,
    TUPLE_ITEMS,
)
from graph.llvm.runtime.objects import SIZE, give, holds_list, take
from graph.llvm.runtime.polling import INTERRUPTED, OK, with_gil, without_gil
from graph.llvm.runtime.python_api import (
    add_reference,
    drop_reference,
    error_fetch,
    error_normalize,
    int_object,
    none,
    set_traceback,
    tuple_fill,
    tuple_item,
    tuple_new,
    tuple_size,
    vectorcall,
)
from graph.llvm.runtime.stack import dy_stack_end
from graph.llvm.runtime.threads import hold_blas, let_blas_go
from graph.llvm.runtime.words import Half, Word, reserve, run_code

# A program: what a call has to know. `plan.py` writes it.
CODE: Final = 0
PARAMS: Final = 8
"""How many parameters, and where the addresses of their nodes are."""
PARAM_NODES: Final = 16
RESULTS: Final = 24
RESULT_NODES: Final = 32
INPUT_BYTES: Final = 40
OUTPUT_BYTES: Final = 48
RELEASES_GIL: Final = 56
RECURSES: Final = 64
"""Whether the code looks at the end of the stack."""
SIZES: Final = 72
"""How many sizes only a call knows."""
RELATIONS: Final = 80
RELATION_LIST: Final = 88
FIT: Final = 96
"""Python: makes arguments fit, or says why they do not."""
FAIL: Final = 104
"""Python: raises what a status means."""
CALLBACKS: Final = 112
STATISTICS: Final = 120
"""The address of what is known of the runs so far."""

MOST_BYTES: Final = 0
"""The most bytes that a run has had."""
TICKS: Final = 8
"""How long the last run took."""

# A relation between sizes: sizes[slot] == constant + sum(coefficient * sizes[slot]).
RELATION_SLOT: Final = 0
RELATION_CONSTANT: Final = 8
RELATION_TERMS: Final = 16
RELATION_TERM_LIST: Final = 24
RELATION_BYTES: Final = 32
TERM_BYTES: Final = 16

# A callback.
FUNCTION: Final = 0
OPERANDS: Final = 8
OPERAND_NODES: Final = 16
CALL_RESULTS: Final = 24
CALL_RESULT_NODES: Final = 32
CALLBACK_BYTES: Final = 40

RAISED: Final = int(Status.RAISED)
NO_MEMORY: Final = int(Status.NO_MEMORY)
DOES_NOT_FIT: Final = 1
"""Instead of a result: an argument has to be made fit."""

LONG_RUN: Final = 1 << 17
"""Cycles, or else nanoseconds, from which on a run is worth letting other threads in: some 50 microseconds."""
STACK_ROOM: Final = 1 << 15
"""Bytes of descriptors that a call has on the stack."""


def fail(program: Word, status: Word) -> Word:
    """Raise what a status means."""
    at = reserve(8)
    store(at, int_object(status))
    if load(at):
        vectorcall(load(program + FAIL), at, 1, 0)
        drop_reference(load(at))
    return 0


def dy_callback(ctx: Word, number: Half, operands: Word, results: Word) -> Half:
    """Call Python: OK, or RAISED with an exception set. A piece of a group is run again where it would."""
    if load(ctx + GROUP):
        return RAISED
    was_released = with_gil(ctx)
    callback = load(load(ctx + PROGRAM) + CALLBACKS) + number * CALLBACK_BYTES
    status = call_back(ctx, callback, operands, results)
    if was_released:
        without_gil(ctx)
    return status


def call_back(ctx: Word, callback: Word, operands: Word, results: Word) -> Word:
    """`dy_callback` with the GIL held."""
    count = load(callback + OPERANDS)
    nodes = load(callback + OPERAND_NODES)
    objects = reserve(count * 8 + 8)
    given = 0
    at = operands
    while given < count:
        node = load(nodes + given * 8)
        made = give(ctx, node, at, 0)
        if not made:
            break
        store(objects + given * 8, made)
        at += load(node + SIZE)
        given += 1
    found = vectorcall(load(callback + FUNCTION), objects, count, 0) if given == count else 0
    for i in range(given):
        drop_reference(load(objects + i * 8))
    if not found:
        return RAISED
    status = take_results(ctx, callback, found, results)
    drop_reference(found)
    return status


def take_results(ctx: Word, callback: Word, found: Word, results: Word) -> Word:
    """Write what a callback returned: a tuple of objects that fit."""
    count = load(callback + CALL_RESULTS)
    nodes = load(callback + CALL_RESULT_NODES)
    at = results
    for i in range(count):
        node = load(nodes + i * 8)
        if not take(ctx, node, tuple_item(found, i), at, 0, 0, 1):
            return NO_MEMORY
        at += load(node + SIZE)
    return OK


def dy_catch(ctx: Word, number: Half, status: Half, results: Word) -> Half:
    """After a status other than OK: OK where a callback knows what handles the exception, else RAISED with one set."""
    if load(ctx + GROUP):
        return RAISED
    was_released = with_gil(ctx)
    callback = load(load(ctx + PROGRAM) + CALLBACKS) + number * CALLBACK_BYTES
    caught = catch(ctx, callback, status, results)
    if was_released:
        without_gil(ctx)
    return caught


def catch(ctx: Word, callback: Word, status: Word, results: Word) -> Word:
    """`dy_catch` with the GIL held. The function is given the status, and the exception that is set, or None."""
    error = reserve(24)
    error_fetch(error, error + 8, error + 16)
    error_normalize(error, error + 8, error + 16)
    objects = reserve(16)
    store(objects, int_object(status))
    if not load(error + 8):
        add_reference(none)
        store(error + 8, none)
    store(objects + 8, load(error + 8))
    if load(error + 16):
        set_traceback(load(error + 8), load(error + 16))
        drop_reference(load(error + 16))
    if load(error):
        drop_reference(load(error))
    found = vectorcall(load(callback + FUNCTION), objects, 2, 0) if load(objects) else 0
    drop_reference(load(error + 8))
    if load(objects):
        drop_reference(load(objects))
    if not found:
        return RAISED
    caught = take_results(ctx, callback, found, results)
    drop_reference(found)
    return caught


def dy_call(self: Word, args: Word, count: Word) -> Word:
    """The function that Python calls: `self` is a tuple whose first item is the program, as `bytes`."""
    program = load(self + TUPLE_ITEMS) + BYTES_DATA
    if count == load(program + PARAMS):
        result = execute(program, args)
        if result != DOES_NOT_FIT:
            return result
    fit = vectorcall(load(program + FIT), args, count, 0)
    if not fit:
        return 0
    result = execute_fit(program, fit)
    drop_reference(fit)
    if result != DOES_NOT_FIT:
        return result
    return fail(program, NO_MEMORY)


def execute_fit(program: Word, fit: Word) -> Word:
    """`execute` with arguments from a tuple."""
    count = tuple_size(fit)
    args = reserve(count * 8 + 8)
    for i in range(count):
        store(args + i * 8, tuple_item(fit, i))
    return execute(program, args)


def execute(program: Word, args: Word) -> Word:
    """A run: a tuple of results, 0 with an exception set, or DOES_NOT_FIT."""
    ctx = dy_begin(program, dy_stack_end() if load(program + RECURSES) else 0)
    if not ctx:
        return fail(program, NO_MEMORY)
    size = load(program + INPUT_BYTES) + load(program + OUTPUT_BYTES)
    inputs = reserve(size if size <= STACK_ROOM else 0)
    block = 0
    if size > STACK_ROOM:
        block = dy_alloc(ctx, size)
        inputs = block + HEADER
    if (size > STACK_ROOM and not block) or not take_arguments(ctx, program, args, inputs):
        dy_end(ctx)
        return DOES_NOT_FIT
    outputs = inputs + load(program + INPUT_BYTES)
    status = dy_run(ctx, program, inputs, outputs)
    results = 0
    if status == OK:
        results = give_results(ctx, program, outputs)
    elif status != RAISED and status != INTERRUPTED:
        fail(program, status)
    if block:
        dy_free(ctx, block)
    left = dy_end(ctx)
    if results and left:
        count_up(left_over, left)
    return results


def dy_run(ctx: Word, program: Word, inputs: Word, outputs: Word) -> Word:
    """Run the code on descriptors: its status."""
    statistics = load(program + STATISTICS)
    if load(program + RELEASES_GIL) or load(statistics + TICKS) > LONG_RUN:
        without_gil(ctx)
    start = ticks()
    hold_blas(program)
    status = run_code(load(program + CODE), ctx, inputs, outputs)
    let_blas_go(program)
    store(statistics + TICKS, ticks() - start)
    with_gil(ctx)
    peak = load(ctx + PEAK)
    if peak > load(statistics + MOST_BYTES):
        store(statistics + MOST_BYTES, peak)
    return status


def take_arguments(ctx: Word, program: Word, args: Word, inputs: Word) -> Word:
    """Write the inputs; 0 if an argument does not fit as it is, or sizes that are to be the same are not."""
    count = load(program + SIZES)
    sizes = reserve(count * 8 + 8)
    for i in range(count):
        store(sizes + i * 8, -1)
    if not take_some(ctx, program, args, inputs, sizes, 0) or not take_some(ctx, program, args, inputs, sizes, 1):
        return 0
    for i in range(load(program + RELATIONS)):
        if not holds(load(program + RELATION_LIST) + i * RELATION_BYTES, sizes):
            return 0
    return 1


def take_some(ctx: Word, program: Word, args: Word, inputs: Word, sizes: Word, lists: Word) -> Word:
    """`take_arguments` for the tensors, or for the lists, which come after them: no list says what a size is."""
    nodes = load(program + PARAM_NODES)
    at = inputs
    for i in range(load(program + PARAMS)):
        node = load(nodes + i * 8)
        if holds_list(node) == lists and not take(ctx, node, load(args + i * 8), at, sizes, not lists, 0):
            return 0
        at += load(node + SIZE)
    return 1


def holds(relation: Word, sizes: Word) -> Word:
    """Whether a relation between sizes holds; it does where one of them is not known."""
    total = load(relation + RELATION_CONSTANT)
    terms = load(relation + RELATION_TERM_LIST)
    for i in range(load(relation + RELATION_TERMS)):
        size = load(sizes + load(terms + i * TERM_BYTES + 8) * 8)
        if size < 0:
            return 1
        total += load(terms + i * TERM_BYTES) * size
    found = load(sizes + load(relation + RELATION_SLOT) * 8)
    return found < 0 or found == total


def give_results(ctx: Word, program: Word, outputs: Word) -> Word:
    """A tuple of the results; 0 with an exception set."""
    nodes = load(program + RESULT_NODES)
    count = load(program + RESULTS)
    made = tuple_new(count)
    if not made:
        return 0
    at = outputs
    for i in range(count):
        node = load(nodes + i * 8)
        item = give(ctx, node, at, 1)
        if not item:
            drop_reference(made)
            return 0
        tuple_fill(made, i, item)
        at += load(node + SIZE)
    return made
