"""Threads that share a large loop, in the word language: a pool that sleeps while there is nothing to do.

A loop comes as a function of a part of its range, and is cut into a few chunks for each thread; each takes the next
chunk that nobody has. Who brings a loop works on it too, and never waits for a
thread to wake up: where none does, it does all chunks itself. It waits, asleep, for chunks that others have begun.
One loop at a time has the pool; another one that comes meanwhile runs on its own thread alone.

Where more threads run than there are processors, a thread that spins takes the time of the one that it waits for. So
a thread that waits sleeps, after it has looked again for no longer than it would take to wake it up. (To give way to
others while it looks, by `sched_yield`, is worse: it may come back a time slice later.)
"""

import sys
from typing import Final

from graph.llvm.runtime.clock import ticks
from graph.llvm.runtime.memory import PROGRAM
from graph.llvm.runtime.words import (
    External,
    Word,
    address,
    cells,
    count_up,
    load,
    relax,
    replace,
    reserve,
    run_code,
    store,
)

HAS_THREADS: Final = sys.platform != "win32"
"""Windows has other threads than POSIX; loops run on one there."""
BLOCK_SIGNALS: Final = 1 if sys.platform == "darwin" else 0
SET_SIGNALS: Final = BLOCK_SIGNALS + 2
THREADS: Final = 128
"""Where a program says how many threads it may have; 0 where it does not."""
MULTIPLIES: Final = 136
"""Where it says whether it calls BLAS."""
SIDE_BY_SIDE: Final = 144
"""Where it says whether its pieces may run on several threads."""
MOST: Final = 64
"""Threads of the pool."""

PATIENCE: Final = 100_000
"""Cycles, or else nanoseconds, for which a thread looks before it sleeps: some 40 microseconds, about what it takes to
wake it up. The loops of a program come one soon after the other. (Not looks: a pause is 10 times as long on some
processors as on others.)"""

EACH: Final = 8
"""So many chunks there are for each thread, where they are not too small then: who is slowed down does fewer, and at
the end nobody waits long for the last one, or falls asleep meanwhile."""

create = External("pthread_create", "i32(i64, i64, i64, i64)")
detach = External("pthread_detach", "i32(i64)")
signal_mask = External("pthread_sigmask", "i32(i32, i64, i64)")
fill_signals = External("sigfillset", "i32(i64)")
make_lock = External("pthread_mutex_init", "i32(i64, i64)")
lock = External("pthread_mutex_lock", "i32(i64)")
unlock = External("pthread_mutex_unlock", "i32(i64)")
make_condition = External("pthread_cond_init", "i32(i64, i64)")
wait_for = External("pthread_cond_wait", "i32(i64, i64)")
wake_one = External("pthread_cond_signal", "i32(i64)")

default_threads = cells("dy_default_threads")
"""How many threads share a loop of a program that does not say."""
mutex = cells("dy_threads_mutex", 16)
work_is_there = cells("dy_threads_work", 16)
work_is_done = cells("dy_threads_done", 16)
is_taken = cells("dy_threads_taken")
"""Whether a loop has the pool."""
started = cells("dy_threads_started")
BLAS_LIBRARIES: Final = 2
"""NumPy's and SciPy's."""
blas_get_threads = cells("dy_blas_get_threads", BLAS_LIBRARIES)
"""For each library, its function that says how many threads it uses; 0 where none is known."""
blas_set_threads = cells("dy_blas_set_threads", BLAS_LIBRARIES)
blas_held = cells("dy_blas_held")
"""How many runs want BLAS to use one."""
blas_threads = cells("dy_blas_threads", BLAS_LIBRARIES)
"""How many each had before; 0 where it had one."""
job = cells("dy_threads_job", 8)
next_chunk = cells("dy_threads_next", 8)
"""In a cache line of its own: all threads write it."""

# The job. It is written with the lock held, and stays as it is while threads are active.
BODY: Final = 0
CLOSURE: Final = 8
COUNT: Final = 16
CHUNK: Final = 24
SEATS: Final = 32
"""How many threads may still join."""
ACTIVE: Final = 40
"""How many have joined, and are not done."""


def dy_threads_reset() -> Word:
    """Make the pool ready: when it is loaded, and in a new process after `fork`, which has none of its threads."""
    if HAS_THREADS:
        make_lock(mutex, 0)
        make_condition(work_is_there, 0)
        make_condition(work_is_done, 0)
        store(is_taken, 0)
        store(started, 0)
        store(job + SEATS, 0)
        store(job + ACTIVE, 0)
    return 0


def dy_threads_main(number: Word) -> Word:
    """What a thread of the pool does: sleep, join a job, take chunks."""
    lock(mutex)
    while 1:
        if not load(job + SEATS):
            unlock(mutex)
            look_for_work()
            lock(mutex)
            if not load(job + SEATS):
                wait_for(work_is_there, mutex)
            continue
        store(job + SEATS, load(job + SEATS) - 1)
        store(job + ACTIVE, load(job + ACTIVE) + 1)
        unlock(mutex)
        take_chunks(load(job + BODY), load(job + CLOSURE), load(job + COUNT), load(job + CHUNK))
        lock(mutex)
        store(job + ACTIVE, load(job + ACTIVE) - 1)
        if not load(job + ACTIVE):
            wake_one(work_is_done)
    return 0


def look_for_work() -> Word:
    """Return when there is some, or patience is at its end."""
    end = ticks() + PATIENCE
    while ticks() < end:
        if load(job + SEATS):
            break
        relax()
    return 0


def take_chunks(body: Word, closure: Word, count: Word, chunk: Word) -> Word:
    """Run chunks that no other thread has, until there are no more."""
    first = count_up(next_chunk, 1) * chunk
    while first < count:
        last = first + chunk
        run_code(body, closure, first, last if last < count else count)
        first = count_up(next_chunk, 1) * chunk
    return 0


def start_threads(wanted: Word) -> Word:
    """Have so many threads in the pool, or as many as the system gives. With the lock held; new ones wait for it."""
    old = reserve(256)
    all_signals = reserve(256)
    fill_signals(all_signals)
    signal_mask(BLOCK_SIGNALS, all_signals, old)
    thread = reserve(16)
    while load(started) < wanted and load(started) < MOST:
        if create(thread, 0, address(dy_threads_main), load(started)):
            break
        detach(load(thread))
        store(started, load(started) + 1)
    signal_mask(SET_SIGNALS, old, 0)
    return 0


def threads_of(program: Word) -> Word:
    """How many threads a program may have."""
    threads = load(program + THREADS)
    return threads if threads else load(default_threads)


def dy_parallel(ctx: Word, body: Word, closure: Word, count: Word, least: Word, step: Word) -> Word:
    """Run `i32 body(closure, first, last)` for all of 0 .. count - 1: in chunks of at least `least`, a multiple of
    `step`, on as many threads as the program may have; or as a whole where there is one thread."""
    threads = threads_of(load(ctx + PROGRAM))
    chunks = count // least
    if threads > chunks:
        threads = chunks
    if HAS_THREADS and threads > 1 and replace(is_taken, 0, 1):
        if chunks > threads * EACH:
            chunks = threads * EACH
        chunk = ((count - 1) // chunks // step + 1) * step
        share(body, closure, count, chunk, threads - 1)
        store(is_taken, 0)
        return 0
    run_code(body, closure, 0, count)
    return 0


def hold_blas(program: Word) -> Word:
    """Have BLAS work on the thread that calls it, as long as there are programs that share their products out."""
    if load(program + MULTIPLIES):
        count_up(blas_held, 1)
        for i in range(BLAS_LIBRARIES):
            if load(blas_set_threads + i * 8):
                threads = run_code(load(blas_get_threads + i * 8), 0, 0, 0)
                if threads > 1:
                    store(blas_threads + i * 8, threads)
                    run_code(load(blas_set_threads + i * 8), 1, 0, 0)
    return 0


def let_blas_go(program: Word) -> Word:
    """After `hold_blas`: with the last such program, BLAS has its threads again."""
    if load(program + MULTIPLIES) and count_up(blas_held, -1) == 1:
        for i in range(BLAS_LIBRARIES):
            threads = load(blas_threads + i * 8)
            if threads:
                store(blas_threads + i * 8, 0)
                run_code(load(blas_set_threads + i * 8), threads, 0, 0)
    return 0


def share(body: Word, closure: Word, count: Word, chunk: Word, helpers: Word) -> Word:
    """A loop on this thread and on helpers."""
    offer(body, closure, count, chunk, helpers)
    take_chunks(body, closure, count, chunk)
    withdraw()
    lock(mutex)
    while load(job + ACTIVE):
        wait_for(work_is_done, mutex)
    unlock(mutex)
    return 0


def offer(body: Word, closure: Word, count: Word, chunk: Word, helpers: Word) -> Word:
    """Have helpers for a job, where they wake up in time."""
    lock(mutex)
    if load(started) < helpers:
        start_threads(helpers)
    store(job + BODY, body)
    store(job + CLOSURE, closure)
    store(job + COUNT, count)
    store(job + CHUNK, chunk)
    store(next_chunk, 0)
    store(job + SEATS, helpers)
    for _ in range(helpers):
        wake_one(work_is_there)
    unlock(mutex)
    return 0


def withdraw() -> Word:
    """Let nobody join any more, and look for a while whether those that have joined are done."""
    lock(mutex)
    store(job + SEATS, 0)
    unlock(mutex)
    end = ticks() + PATIENCE
    while ticks() < end:
        if not load(job + ACTIVE):
            break
        relax()
    return 0
