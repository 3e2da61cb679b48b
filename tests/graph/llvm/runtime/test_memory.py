import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, ListType, SymDim, Type, scalar
from graph.dtypes import float64, int64
from graph.llvm.runtime import memory
from graph.llvm.runtime.program import memory_use, trim
from support.native_modules import ADD, identity_text, nothing_forgotten, program

VECTOR = Aval(float64, (SymDim.named("n"),))
COUNTS = Aval(int64, (SymDim.named("k"),))
FAILS = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  %size = load i64, ptr %in
  %a = call ptr @dy_alloc(ptr %ctx, i64 %size)
  %b = call ptr @dy_alloc(ptr %ctx, i64 %size)
  %c = call ptr @dy_alloc(ptr %ctx, i64 %size)
  call void @dy_free(ptr %ctx, ptr %b)
  ret i32 3
}
"""
CHURN = """\
; Blocks of the sizes given, kept in a ring of 50, each filled and checked; then all freed.
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
entry:
  %ring = alloca ptr, i64 50
  call void @llvm.memset.p0.i64(ptr %ring, i8 0, i64 400, i1 false)
  %n.at = getelementptr i8, ptr %in, i64 16
  %n = load i64, ptr %n.at
  %sizes.at = getelementptr i8, ptr %in, i64 8
  %sizes = load ptr, ptr %sizes.at
  %total = add i64 %n, 50
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %continue]
  %slot = urem i64 %i, 50
  %place = getelementptr ptr, ptr %ring, i64 %slot
  %old = load ptr, ptr %place
  store ptr null, ptr %place
  %empty = icmp eq ptr %old, null
  br i1 %empty, label %fill, label %check
check:
  %first.at = getelementptr i8, ptr %old, i64 64
  %first = load ptr, ptr %first.at
  %size.at = getelementptr i8, ptr %old, i64 72
  %size = load i64, ptr %size.at
  %last.at = getelementptr i8, ptr %old, i64 %size
  %last.p = getelementptr i8, ptr %last.at, i64 56
  %last = load i64, ptr %last.p
  %same.1 = icmp eq ptr %first, %old
  %same.2 = icmp eq i64 %last, %size
  %same = and i1 %same.1, %same.2
  br i1 %same, label %release, label %bad
bad:
  ret i32 99
release:
  call void @dy_free(ptr %ctx, ptr %old)
  br label %fill
fill:
  %inside = icmp slt i64 %i, %n
  br i1 %inside, label %make, label %continue
make:
  %wish.at = getelementptr i64, ptr %sizes, i64 %i
  %wish = load i64, ptr %wish.at
  %block = call ptr @dy_alloc(ptr %ctx, i64 %wish)
  %none = icmp eq ptr %block, null
  br i1 %none, label %no_memory, label %write
no_memory:
  ret i32 3
write:
  %count = load i64, ptr %block
  %one = icmp eq i64 %count, 1
  %address = ptrtoint ptr %block to i64
  %low = and i64 %address, 63
  %aligned = icmp eq i64 %low, 0
  %good = and i1 %one, %aligned
  br i1 %good, label %write.2, label %bad
write.2:
  %w1 = getelementptr i8, ptr %block, i64 64
  store ptr %block, ptr %w1
  %end = getelementptr i8, ptr %block, i64 %wish
  %w3 = getelementptr i8, ptr %end, i64 56
  store i64 %wish, ptr %w3
  %w2 = getelementptr i8, ptr %block, i64 72
  store i64 %wish, ptr %w2
  store ptr %block, ptr %place
  br label %continue
continue:
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %total
  br i1 %more, label %loop, label %done
done:
  ret i32 0
}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""


@pytest.fixture(autouse=True)
def _accounts() -> Iterator[None]:
    with nothing_forgotten():
        yield


def test_blocks_are_distinct_and_aligned_in_many_sizes() -> None:
    churn = program(CHURN, [COUNTS], [])
    rng = np.random.default_rng(0)
    small = rng.integers(24, 2000, 20_000)
    mixed = (2.0 ** rng.uniform(4.6, 21, 3000)).astype(np.int64)
    steps = np.array([2**k + d for k in range(5, 24) for d in (-1, 0, 1)])
    for sizes in (small, mixed, steps, np.repeat(steps, 3)):
        assert churn(sizes) == ()
        assert churn(sizes[::-1]) == ()


def test_size_classes() -> None:
    """The functions of the word language are also Python."""
    sizes = [*range(2000), *(2**k + d for k in range(7, 46) for d in (-65, -64, -63, -1, 0, 1, 63, 64, 65)), 2**46]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "leading_zeros", lambda x: 64 - int(x).bit_length())
        for size in sizes:
            chosen = memory.class_of(size)
            assert 0 <= chosen < memory.CLASSES - 4
            assert memory.capacity_of(chosen) >= size
            assert chosen == 0 or memory.capacity_of(chosen - 1) < size
        assert memory.capacity_of(memory.LARGE_CLASS) == 8192


def test_failed_runs_free_everything() -> None:
    fails = program(FAILS, [scalar(int64)], [])
    for size in (10, 5000, 1 << 20, 1 << 24):
        for _ in range(5):
            with pytest.raises(MemoryError):
                fails(size)
        held = memory_use().held
        for _ in range(50):
            with pytest.raises(MemoryError):
                fails(size)
        assert memory_use().held == held


def test_trim_gives_everything_back() -> None:
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    add(np.ones(100_000), np.ones(100_000))
    add(np.ones(10), np.ones(10))
    trim()
    assert memory_use().held == 0
    (kept,) = add(np.ones(100_000), np.ones(100_000))
    trim()
    assert 800_000 <= memory_use().held < 1_000_000
    assert kept.sum() == 200_000
    del kept
    trim()
    assert memory_use().held == 0


def test_large_blocks_are_used_again() -> None:
    trim()
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    x = np.ones(500_000)
    for _ in range(20):
        add(x, x)
    assert memory_use().held == memory_use().kept == 4_194_304


@pytest.mark.skipif(not memory.HAS_HUGE_PAGES, reason="the system has no huge pages")
def test_large_blocks_take_huge_pages() -> None:
    """Their data begin at different distances from a page, so that they do not share places of the caches."""
    trim()
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    x = np.ones(1_000_000)
    kept = [add(x, x)[0] for _ in range(3)]
    assert len({y.ctypes.data % memory.HUGE for y in kept}) == 3
    assert all(y.ctypes.data % memory.HUGE < 8 * memory.APART + memory.HEADER for y in kept)
    assert all(y.ctypes.data % 64 == 0 and (y == 2).all() for y in kept)
    del kept
    trim()
    assert memory_use().held == 0


def test_result_keeps_its_block_whatever_was_freed_before() -> None:
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    before = memory_use().results
    for n in range(40_000, 1100, -700):
        x = np.ones(n)
        (kept,) = add(x, x)
        assert memory_use().results == before + 1
        assert kept.sum() == 2 * n
        del kept


def test_kept_memory_is_bounded() -> None:
    trim()
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    kept = [add(np.ones(n), np.ones(n))[0] for n in (1_000_000,) * 60]
    del kept
    assert memory_use().kept <= memory.STORE_KEEPS
    assert memory_use().held <= memory.STORE_KEEPS + memory.CONTEXT_KEEPS
    trim()


def test_peak_is_known() -> None:
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    assert add.peak_bytes == 0
    add(np.ones(100_000), np.ones(100_000))
    assert 800_000 <= add.peak_bytes <= 1_000_000
    add(np.ones(10), np.ones(10))
    assert add.peak_bytes >= 800_000


def test_32_threads_at_once() -> None:
    add = program(ADD, [VECTOR, VECTOR], [VECTOR], releases_gil=True)
    churn = program(CHURN, [COUNTS], [], releases_gil=True)
    lists: Type = ListType(VECTOR)
    identity = program(identity_text([lists]), [lists], [lists], releases_gil=True)
    wrong: list[Any] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(40):
            n = int(rng.integers(0, 20_000))
            x = np.full(n, float(seed))
            (y,) = add(x, np.arange(float(n)))
            churn(rng.integers(24, 50_000, 100))
            (z,) = identity([x, y])
            if not (np.array_equal(y, seed + np.arange(n)) and np.array_equal(z[0], x) and np.array_equal(z[1], y)):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


DEEP = """\
; Calls itself, with a frame of 2000 bytes, until the stack ends or n calls are made: how many.
define i32 @down(ptr %ctx, i64 %n, ptr %count) noinline {
entry:
  %room = alloca i8, i64 2000
  store volatile i8 1, ptr %room
  %made = load i64, ptr %count
  %more = icmp slt i64 %made, %n
  br i1 %more, label %check, label %done
check:
  %end = load ptr, ptr %ctx
  %frame = call ptr @llvm.frameaddress.p0(i32 0)
  %fits = icmp ugt ptr %frame, %end
  br i1 %fits, label %call, label %fail
fail:
  ret i32 4
call:
  %next = add i64 %made, 1
  store i64 %next, ptr %count
  %status = call i32 @down(ptr %ctx, i64 %n, ptr %count)
  store volatile i8 2, ptr %room
  ret i32 %status
done:
  ret i32 0
}
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  %n = load i64, ptr %in
  store i64 0, ptr %out
  %status = call i32 @down(ptr %ctx, i64 %n, ptr %out)
  ret i32 %status
}
declare ptr @llvm.frameaddress.p0(i32)
"""


@pytest.mark.parametrize("plainly", [False, True])
def test_recursion_ends_with_the_stack(plainly: bool) -> None:
    deep = program(DEEP, [scalar(int64)], [scalar(int64)], plainly=plainly)
    found: list[Any] = []

    def work() -> None:
        found.append([int(deep(np.int64(n))[0]) for n in (0, 10, 150)])
        with pytest.raises(RecursionError, match="maximum recursion depth exceeded in a native program"):
            deep(np.int64(10**9))
        found.append(int(deep(np.int64(150))[0]))

    work()
    before = threading.stack_size(1 << 20)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == [[0, 10, 150], 150] * 2


LEAK = """
import sys
sys.path[:0] = {path!r}
import resource
import numpy as np
from support.native_modules import ADD, callback_text, identity_text, program
from test_memory import FAILS, VECTOR, lists_of
from graph.aval import OptionalType, scalar
from graph.dtypes import int64
from graph.llvm.runtime.plan import Callback
from graph.llvm.runtime.program import memory_use

add = program(ADD, [VECTOR, VECTOR], [VECTOR])
types = [lists_of(OptionalType(VECTOR)), scalar(int64)]
identity = program(identity_text(types), types, types)
fails = program(FAILS, [scalar(int64)], [])
site = Callback((VECTOR,), (VECTOR,), lambda x: (x,))
back = program(callback_text(), [VECTOR], [VECTOR], site, releases_gil=True)
small, large, strided = np.ones(10), np.ones(2000), np.ones(20)[::2]
values = [small, None, large]

def work(times):
    for _ in range(times):
        add(small, small), add(large, large), add(strided, small)
        identity(values, 3)
        back(large)
        try:
            fails(5000)
        except MemoryError:
            pass
        try:
            add(small, large)
        except ValueError:
            pass

def state():
    import gc
    gc.collect()
    things = (small, large, None, np.dtype(float), np.ndarray)
    return memory_use(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, [sys.getrefcount(x) for x in things]

work(2000)
before = state()
work(15000)
after = state()
assert before[0] == after[0], (before, after)
assert after[1] - before[1] < 1000, (before, after)
assert all(abs(a - b) < 50 for a, b in zip(before[2], after[2])), (before, after)
print("flat")
"""


def lists_of(element: Type) -> Type:
    return ListType(element)


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_no_leak_over_100_000_calls() -> None:
    root = Path(__file__).parents[4]
    path = [str(root), str(root / "tests"), str(Path(__file__).parent)]
    command = [sys.executable, "-c", LEAK.format(path=path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("flat\n", 0), found.stderr
