"""What loops do now and then, in the word language: look at the clock, ask for signals, let others have the GIL."""

from typing import Final

from graph.llvm.abi import Status
from graph.llvm.runtime.clock import nanoseconds, ticks
from graph.llvm.runtime.memory import GROUP, NUMBER, POLL_AT, POLLED, THREAD
from graph.llvm.runtime.python_api import check_signals, release_gil, take_gil, thread_id
from graph.llvm.runtime.stack import main_thread
from graph.llvm.runtime.threads import wake_one, work_is_done
from graph.llvm.runtime.words import Half, Word, load, store

OK: Final = int(Status.OK)
INTERRUPTED: Final = int(Status.INTERRUPTED)

LOOK_EVERY: Final = 1 << 22
"""Cycles, or else nanoseconds, between two looks at the clock: 1 to 4 milliseconds."""
ASK_EVERY: Final = 20_000_000
"""Nanoseconds between two questions for signals."""
WAKE_EVERY: Final = 5_000_000
"""Nanoseconds after which a piece wakes its group's caller up, who may be asleep, to ask for signals."""

# A group of pieces that run side by side, as long as they run; see `pieces.py`.
CTX: Final = 0
"""The context of the run."""
CALLER: Final = 8
"""Its thread."""
FAILED: Final = 16
"""The first piece that has failed. Later ones are of no use: they end when they look."""
STATUS: Final = 24
"""INTERRUPTED where the run is to end."""
PIECES: Final = 32


def dy_poll(ctx: Word) -> Half:
    """OK, or INTERRUPTED with an exception set."""
    now = ticks()
    if now < load(ctx + POLL_AT):
        return OK
    store(ctx + POLL_AT, now + LOOK_EVERY)
    return look_from_piece(ctx) if load(ctx + GROUP) else look(ctx)


def look(ctx: Word) -> Word:
    """Every 20 ms: let other threads run from now on, and ask for signals where this thread is the one that handles
    them."""
    now = nanoseconds()
    if not load(ctx + POLLED):
        store(ctx + POLLED, now)
        return OK
    if now - load(ctx + POLLED) < ASK_EVERY:
        return OK
    store(ctx + POLLED, now)
    is_main = ((thread_id() ^ load(main_thread)) & 0xFFFFFFFF) == 0
    failed = 0
    if is_main or not load(ctx + THREAD):
        with_gil(ctx)
        if is_main:
            failed = check_signals()
        without_gil(ctx)
    return INTERRUPTED if failed else OK


def look_from_piece(ctx: Word) -> Word:
    """INTERRUPTED where the piece is of no use any more. The caller of its group asks for signals."""
    group = load(ctx + GROUP)
    if load(ctx + NUMBER) > load(group + FAILED):
        return INTERRUPTED
    if thread_id() == load(group + CALLER):
        return look_for_group(group)
    now = nanoseconds()
    if now - load(ctx + POLLED) > WAKE_EVERY:
        store(ctx + POLLED, now)
        wake_one(work_is_done)
    return OK


def look_for_group(group: Word) -> Word:
    """`look` by the caller; where the run is to end, its pieces are."""
    if look(load(group + CTX)) == OK:
        return OK
    store(group + STATUS, INTERRUPTED)
    store(group + FAILED, -1)
    return INTERRUPTED


def without_gil(ctx: Word) -> Word:
    """Let other threads of Python run."""
    if not load(ctx + THREAD):
        store(ctx + THREAD, release_gil())
    return 0


def with_gil(ctx: Word) -> Word:
    """Hold the GIL; 1 if it was not held before."""
    thread = load(ctx + THREAD)
    if not thread:
        return 0
    store(ctx + THREAD, 0)
    take_gil(thread)
    return 1
