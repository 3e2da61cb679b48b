"""Pieces of a program that run side by side, in the word language: loops that do not depend on each other.

Each piece has a context of its own, so that it shares no lists of blocks; what it is given is frozen, as in an
`attempt`, so that no count changes which others read. A piece calls no Python. Where it would (something fails), it
ends, and so do those behind it; when all have ended, they are run again, one after the other, as parts of the run: what
fails first then is what fails. A piece may be run twice because it changes nothing but memory of its own.
"""

from typing import Final

from graph.llvm.abi import EPOCH, FROZEN
from graph.llvm.runtime.entry import RECURSES
from graph.llvm.runtime.memory import GROUP, LIVE, NUMBER, PEAK, PROGRAM, adopt, dy_begin, dy_end
from graph.llvm.runtime.polling import (
    CALLER,
    CTX,
    FAILED,
    OK,
    PIECES,
    STATUS,
    look_for_group,
    without_gil,
)
from graph.llvm.runtime.python_api import thread_id
from graph.llvm.runtime.stack import dy_stack_end
from graph.llvm.runtime.threads import (
    ACTIVE,
    HAS_THREADS,
    SIDE_BY_SIDE,
    is_taken,
    job,
    lock,
    mutex,
    offer,
    take_chunks,
    threads_of,
    unlock,
    wait_for,
    withdraw,
    work_is_done,
)
from graph.llvm.runtime.words import Half, Word, address, cells, count_up, load, relax, replace, run_code, store

# A piece of a group. The code writes the first three words.
PIECE_CODE: Final = 0
PIECE_INPUTS: Final = 8
PIECE_OUTPUTS: Final = 16
PIECE_CTX: Final = 24
"""The context of a piece that is done, else 0."""
PIECE_BYTES: Final = 32

groups = cells("dy_groups")
"""How many groups have had several threads."""


def dy_side_by_side(ctx: Word, group: Word, count: Word, is_worth_it: Word) -> Half:
    """Run the pieces of a group, on several threads where that is worth it and the pool is free: the status of the
    first that fails. What they have made has a number greater than `EPOCH` was, plus one."""
    program = load(ctx + PROGRAM)
    frozen = load(ctx + FROZEN)
    epoch = load(ctx + EPOCH) + 1
    store(ctx + EPOCH, epoch + 1)
    store(group + STATUS, OK)
    for i in range(count):
        store(group + PIECES + i * PIECE_BYTES + PIECE_CTX, 0)
    threads = threads_of(program)
    if threads > count:
        threads = count
    if HAS_THREADS and is_worth_it and load(program + SIDE_BY_SIDE) and threads > 1 and replace(is_taken, 0, 1):
        run_together(ctx, group, count, threads - 1)
        store(is_taken, 0)
    status = load(group + STATUS)
    store(ctx + FROZEN, epoch)
    for i in range(count):
        piece = group + PIECES + i * PIECE_BYTES
        if status == OK and not load(piece + PIECE_CTX):
            status = run_code(load(piece + PIECE_CODE), ctx, load(piece + PIECE_INPUTS), load(piece + PIECE_OUTPUTS))
    store(ctx + FROZEN, frozen)
    return status


def run_together(ctx: Word, group: Word, count: Word, helpers: Word) -> Word:
    """Run pieces on this thread and on helpers; those that succeed leave their blocks to the run."""
    without_gil(ctx)
    store(group + CTX, ctx)
    store(group + CALLER, thread_id())
    store(group + FAILED, count)
    offer(address(run_pieces), group, count, 1, helpers)
    take_chunks(address(run_pieces), group, count, 1)
    withdraw()
    lock(mutex)
    while load(job + ACTIVE):
        wait_for(work_is_done, mutex)
        unlock(mutex)
        look_for_group(group)
        lock(mutex)
    unlock(mutex)
    count_up(groups, 1)
    peak = load(ctx + LIVE)
    for i in range(count):
        other = load(group + PIECES + i * PIECE_BYTES + PIECE_CTX)
        if other:
            peak += load(other + PEAK)
            if load(other + EPOCH) > load(ctx + EPOCH):
                store(ctx + EPOCH, load(other + EPOCH))
            adopt(ctx, other)
            dy_end(other)
    if peak > load(ctx + PEAK):
        store(ctx + PEAK, peak)
    return 0


def run_pieces(group: Word, first: Word, last: Word) -> Half:
    """Run some pieces, each in a context of its own."""
    for number in range(first, last):
        if number < load(group + FAILED) and not run_piece(group, number):
            note_failure(group, number)
    return 0


def run_piece(group: Word, number: Word) -> Word:
    """Run a piece: 1 where it succeeds. What one leaves that fails is freed."""
    run = load(group + CTX)
    program = load(run + PROGRAM)
    piece = group + PIECES + number * PIECE_BYTES
    ctx = dy_begin(program, dy_stack_end() if load(program + RECURSES) else 0)
    if not ctx:
        return 0
    store(ctx + GROUP, group)
    store(ctx + NUMBER, number)
    store(ctx + EPOCH, load(run + EPOCH))
    store(ctx + FROZEN, load(run + EPOCH) - 1)
    status = run_code(load(piece + PIECE_CODE), ctx, load(piece + PIECE_INPUTS), load(piece + PIECE_OUTPUTS))
    store(ctx + GROUP, 0)
    if status != OK:
        dy_end(ctx)
        return 0
    store(piece + PIECE_CTX, ctx)
    return 1


def note_failure(group: Word, number: Word) -> Word:
    """A piece has failed: those behind it are of no use."""
    first = load(group + FAILED)
    while number < first and not replace(group + FAILED, first, number):
        relax()
        first = load(group + FAILED)
    return 0
