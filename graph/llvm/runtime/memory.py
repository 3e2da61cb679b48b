"""Blocks and runs, in the word language.

A run has a context, which one thread uses at a time. Freed blocks stay in it, in a list per size class, so that most
allocations take a block from a list. Runs use contexts again. At the end of a run, large blocks go to a store that all
runs share, which also takes the large blocks of results when NumPy is done with them: so a result of megabytes does
not need new pages from the system at each call. Live blocks hang in a ring: what a run that fails leaves is freed.

Everything shared is changed by single atomic steps; nothing ever waits.
"""

import sys
from typing import Final

from graph.llvm.abi import BLOCK_EPOCH, EPOCH, FROZEN, HEADER, STACK_END
from graph.llvm.runtime.words import (
    External,
    Word,
    cells,
    count_up,
    leading_zeros,
    load,
    replace,
    store,
    swap,
)

malloc = External("PyMem_RawMalloc", "i64(i64)")
calloc = External("PyMem_RawCalloc", "i64(i64, i64)")
free = External("PyMem_RawFree", "void(i64)")
madvise = External("madvise", "i32(i64, i64, i32)")

# The header of a block.
COUNT: Final = 0
CAPACITY: Final = 8
CLASS: Final = 16
PREVIOUS: Final = 24
NEXT: Final = 32
ORIGIN: Final = 40
"""What malloc gave."""

# A context. RING is where a block would begin that hangs in the ring, and stands for its two ends.
POLL_AT: Final = FROZEN + 8
"""The cycle count from which on `dy_poll` looks at the clock."""
POLLED: Final = POLL_AT + 8
"""When signals were last asked for, or the run began, in nanoseconds."""
THREAD: Final = POLL_AT + 16
"""The Python thread state while the GIL is released, else 0."""
PROGRAM: Final = POLL_AT + 24
GROUP: Final = POLL_AT + 32
"""The group of the piece that the context is of (see `pieces.py`): such code calls no Python. 0 for a run's own."""
NUMBER: Final = POLL_AT + 40
"""Which piece of the group it is."""
RING: Final = POLL_AT + 48
LIVE: Final = RING + 64
"""Bytes in live blocks."""
PEAK: Final = LIVE + 8
KEPT: Final = LIVE + 16
"""Bytes in the lists of freed blocks."""
LISTS: Final = LIVE + 24
CLASSES: Final = 160
CONTEXT_BYTES: Final = LISTS + CLASSES * 8

LARGEST: Final = 1 << 46
HAS_HUGE_PAGES: Final = sys.platform == "linux"
HUGE: Final = 1 << 21
"""Bytes of a huge page, and of the smallest blocks that ask for them: the system gives out one in the time of ten small
pages, of which it takes 512."""
USE_HUGE_PAGES: Final = 14
APART: Final = 4096 + 64
"""Blocks of huge pages begin at multiples of this behind a page: where all begin at its start, they are all kept in the
same few places of the caches."""
LARGE_CLASS: Final = 23
"""Blocks of this class (8 KiB) and above may be handed over to Python, and are kept in the shared store."""
CONTEXT_KEEPS: Final = 1 << 20
"""Bytes of small blocks that a context keeps between runs."""
RUN_KEEPS: Final = 1 << 28
"""Bytes of freed blocks that a context keeps within a run."""
STORE_KEEPS: Final = 1 << 28
"""Bytes of blocks that the shared store keeps."""
SLOTS: Final = 64

pool = cells("dy_pool", SLOTS)
"""Contexts that no run has."""
stored = cells("dy_stored", SLOTS)
stored_capacity = cells("dy_stored_capacity", SLOTS)
stored_bytes = cells("dy_stored_bytes")
system_bytes = cells("dy_system_bytes")
"""Bytes of blocks that the system has given, used or not."""
huge_blocks = cells("dy_huge_blocks")
"""How many blocks have asked for huge pages."""
handed_over = cells("dy_handed_over")
"""How many blocks belong to arrays of Python."""
left_over = cells("dy_left_over")
"""How many blocks were still live after runs that succeeded: a mistake of the lowering."""


def class_of(size: Word) -> Word:
    """The size class for data of `size` bytes: steps of 64 bytes up to 512, then four to each power of two."""
    last = ((size + 63) >> 6) - 1
    if last < 8:
        return last if last > 0 else 0
    high = 63 - leading_zeros(last)
    return (high - 3) * 4 + (last >> (high - 2)) + 4


def capacity_of(size_class: Word) -> Word:
    """Bytes that a block of a class has room for."""
    if size_class < 8:
        return (size_class + 1) << 6
    step = size_class - 8
    return ((step & 3) + 5) << ((step >> 2) + 7)


def new_block(size_class: Word) -> Word:
    """A block from the system; 0 when there is none."""
    capacity = capacity_of(size_class)
    is_huge = capacity >= HUGE
    origin = malloc(capacity + (HEADER + HUGE + 8 * APART if HAS_HUGE_PAGES and is_huge else HEADER + 63))
    if not origin:
        return 0
    block = (origin + 63) & -64
    if HAS_HUGE_PAGES and is_huge:
        page = (origin + HUGE - 1) & -HUGE
        block = page + (count_up(huge_blocks, 1) & 7) * APART
        madvise(page, capacity & -HUGE, USE_HUGE_PAGES)
    store(block + CAPACITY, capacity)
    store(block + CLASS, size_class)
    store(block + ORIGIN, origin)
    count_up(system_bytes, capacity)
    return block


def drop_block(block: Word) -> Word:
    """Give a block back to the system."""
    count_up(system_bytes, -load(block + CAPACITY))
    free(load(block + ORIGIN))
    return 0


def to_store(block: Word) -> Word:
    """Keep a block that no run has, or give it back to the system where enough are kept."""
    capacity = load(block + CAPACITY)
    if count_up(stored_bytes, capacity) + capacity <= STORE_KEEPS:
        for i in range(SLOTS):
            if not load(stored + i * 8) and replace(stored + i * 8, 0, block):
                store(stored_capacity + i * 8, capacity)
                return 0
    count_up(stored_bytes, -capacity)
    return drop_block(block)


def from_store(capacity: Word) -> Word:
    """A kept block of at least this capacity and at most half as much again; else 0."""
    for i in range(SLOTS):
        hint = load(stored_capacity + i * 8)
        if hint >= capacity and 2 * hint <= 3 * capacity and load(stored + i * 8):
            block = swap(stored + i * 8, 0)
            if block:
                found = load(block + CAPACITY)
                count_up(stored_bytes, -found)
                if found >= capacity and 2 * found <= 3 * capacity:
                    return block
                to_store(block)
    return 0


def missing(ctx: Word, size_class: Word) -> Word:
    """A block of a class whose list is empty; 0 when there is no memory."""
    if size_class < LARGE_CLASS:
        return new_block(size_class)
    for other in range(size_class + 1, size_class + 3):
        block = load(ctx + LISTS + other * 8)
        if block:
            store(ctx + LISTS + other * 8, load(block + NEXT))
            store(ctx + KEPT, load(ctx + KEPT) - load(block + CAPACITY))
            return block
    block = from_store(capacity_of(size_class))
    return block if block else new_block(size_class)


def dy_alloc(ctx: Word, size: Word) -> Word:
    """A block with room for `size` bytes, count 1, undefined content; 0 when there is no memory."""
    if size < 0 or size > LARGEST:
        return 0
    size_class = class_of(size)
    block = load(ctx + LISTS + size_class * 8)
    if block:
        store(ctx + LISTS + size_class * 8, load(block + NEXT))
        store(ctx + KEPT, load(ctx + KEPT) - load(block + CAPACITY))
    else:
        block = missing(ctx, size_class)
        if not block:
            return 0
    first = load(ctx + RING + NEXT)
    store(block + COUNT, 1)
    store(block + BLOCK_EPOCH, load(ctx + EPOCH))
    store(block + PREVIOUS, ctx + RING)
    store(block + NEXT, first)
    store(first + PREVIOUS, block)
    store(ctx + RING + NEXT, block)
    live = load(ctx + LIVE) + load(block + CAPACITY)
    store(ctx + LIVE, live)
    if live > load(ctx + PEAK):
        store(ctx + PEAK, live)
    return block


def unhook(ctx: Word, block: Word) -> Word:
    """Take a live block out of its run."""
    previous = load(block + PREVIOUS)
    following = load(block + NEXT)
    store(previous + NEXT, following)
    store(following + PREVIOUS, previous)
    store(ctx + LIVE, load(ctx + LIVE) - load(block + CAPACITY))
    return 0


def dy_free(ctx: Word, block: Word) -> Word:
    """Free a live block, whatever its count."""
    unhook(ctx, block)
    kept = load(ctx + KEPT) + load(block + CAPACITY)
    if kept > RUN_KEEPS:
        return to_store(block)
    place = ctx + LISTS + load(block + CLASS) * 8
    store(block + NEXT, load(place))
    store(place, block)
    store(ctx + KEPT, kept)
    return 0


def dy_undo(ctx: Word, epoch: Word) -> Word:
    """Free all live blocks whose number is `epoch` or more: those that were asked for last."""
    block = load(ctx + RING + NEXT)
    while block != ctx + RING and load(block + BLOCK_EPOCH) >= epoch:
        dy_free(ctx, block)
        block = load(ctx + RING + NEXT)
    return 0


def release(ctx: Word, block: Word) -> Word:
    """One owner less; `block` may be 0."""
    if block:
        count = load(block + COUNT) - 1
        store(block + COUNT, count)
        if not count:
            dy_free(ctx, block)
    return 0


def dy_begin(program: Word, stack_end: Word) -> Word:
    """A context for a run on this thread; 0 when there is no memory."""
    ctx = 0
    for i in range(SLOTS):
        if load(pool + i * 8):
            ctx = swap(pool + i * 8, 0)
            if ctx:
                break
    if not ctx:
        ctx = calloc(CONTEXT_BYTES, 1)
        if not ctx:
            return 0
        store(ctx + RING + PREVIOUS, ctx + RING)
        store(ctx + RING + NEXT, ctx + RING)
    store(ctx + STACK_END, stack_end)
    store(ctx + EPOCH, 0)
    store(ctx + FROZEN, 0)
    store(ctx + POLL_AT, 0)
    store(ctx + POLLED, 0)
    store(ctx + THREAD, 0)
    store(ctx + PROGRAM, program)
    store(ctx + GROUP, 0)
    store(ctx + LIVE, 0)
    store(ctx + PEAK, 0)
    return ctx


def adopt(ctx: Word, other: Word) -> Word:
    """Have the live blocks of another context, which is to be ended."""
    first = load(other + RING + NEXT)
    if first != other + RING:
        last = load(other + RING + PREVIOUS)
        following = load(ctx + RING + NEXT)
        store(first + PREVIOUS, ctx + RING)
        store(last + NEXT, following)
        store(following + PREVIOUS, last)
        store(ctx + RING + NEXT, first)
        store(other + RING + NEXT, other + RING)
        store(other + RING + PREVIOUS, other + RING)
    store(ctx + LIVE, load(ctx + LIVE) + load(other + LIVE))
    store(other + LIVE, 0)
    return 0


def dy_end(ctx: Word) -> Word:
    """Free what the run has left, and give the context back. How many blocks were left."""
    left = 0
    block = load(ctx + RING + NEXT)
    while block != ctx + RING:
        dy_free(ctx, block)
        block = load(ctx + RING + NEXT)
        left += 1
    if load(ctx + KEPT) > CONTEXT_KEEPS:
        trim(ctx, LARGE_CLASS)
        if load(ctx + KEPT) > CONTEXT_KEEPS:
            trim(ctx, 0)
    for i in range(SLOTS):
        if not load(pool + i * 8) and replace(pool + i * 8, 0, ctx):
            return left
    trim(ctx, 0)
    free(ctx)
    return left


def trim(ctx: Word, lowest: Word) -> Word:
    """Free the blocks that a context keeps, of this class and above: large ones go to the store."""
    for size_class in range(lowest, CLASSES):
        block = load(ctx + LISTS + size_class * 8)
        while block:
            following = load(block + NEXT)
            store(ctx + KEPT, load(ctx + KEPT) - load(block + CAPACITY))
            if size_class >= LARGE_CLASS:
                to_store(block)
            else:
                drop_block(block)
            block = following
        store(ctx + LISTS + size_class * 8, 0)
    return 0


def dy_trim() -> Word:
    """Give all memory that nothing uses back to the system."""
    for i in range(SLOTS):
        ctx = swap(pool + i * 8, 0)
        if ctx:
            trim(ctx, 0)
            free(ctx)
    for i in range(SLOTS):
        block = swap(stored + i * 8, 0)
        if block:
            count_up(stored_bytes, -load(block + CAPACITY))
            drop_block(block)
    return 0
