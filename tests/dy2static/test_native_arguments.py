"""Arrays of every kind as arguments, on every executor: taken as what they hold, or refused; never written to, and no
result shares memory with them."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static, trace
from dy2static.errors import StagingError
from graph.errors import DTypeError

EXECUTORS = ["native", "numpy", "interpreter"]


def static(function: Callable[..., Any], executor: Any = "native") -> Any:
    return to_static(function, executor=executor, compile="now")


def misaligned(x: np.ndarray) -> np.ndarray:
    made = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    made[...] = x
    return made


def read_only(x: np.ndarray) -> np.ndarray:
    made = x.copy()
    made.flags.writeable = False
    return made


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "plain": lambda x: x,
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "both reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "columns first": np.asfortranarray,
    "inner stride": lambda x: np.repeat(x, 3, axis=1)[:, ::3],
    "misaligned": misaligned,
    "read only": read_only,
    "swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "swapped and strided": lambda x: np.repeat(x, 2, axis=0).astype(x.dtype.newbyteorder())[::2],
    "stride 0": lambda x: np.broadcast_to(x[:1], x.shape),
    "all strides 0": lambda x: np.broadcast_to(x[0, 0], x.shape),
    "of bytes": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}
SHAPES = [(3, 4), (30, 40), (0, 4), (3, 0), (1, 1)]


def work(x: Any, y: Any) -> Any:
    total = xp.sum(x)
    i = xp.asarray(0)
    while i < 2:
        x = x * 2 + y
        i = i + 1
    return x, total, xp.reshape(y, (-1,)), x.T


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "c16"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str, dtype: str, executor: Any) -> None:
    f = static(work, executor)
    for shape in SHAPES:
        if shape == (0, 4) and layout in ("stride 0", "all strides 0"):
            continue
        if shape == (3, 0) and layout == "all strides 0":
            continue
        base = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        x, y = LAYOUTS[layout](base), LAYOUTS[layout](base[::-1].copy())
        before = x.copy(), y.copy()
        wanted = work(xp.asarray(before[0]), xp.asarray(before[1]))
        for given in [(x, y), (xp.asarray(x), xp.asarray(y)), (x, y), (x, y)]:
            found = f(*given)
            for a, b in zip(found, wanted, strict=True):
                assert (a.dtype, a.shape) == (b.dtype, b.shape)
                np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-5)
                assert np.asarray(a).dtype.isnative
                assert not any(np.shares_memory(np.asarray(a), z) for z in (x, y))
        np.testing.assert_array_equal(x, before[0])
        np.testing.assert_array_equal(y, before[1])


def same(*args: Any) -> Any:
    return args[0], args[0].T, xp.reshape(args[0], (-1,)), args[0][1:], xp.broadcast_to(args[0], (2, *args[0].shape))


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("size", [4, 400])
def test_results_share_memory_with_nothing(executor: Any, size: int) -> None:
    table = xp.asarray(np.ones((size, 3)))

    def views(x: Any) -> Any:
        return *same(x + 0), *same(table), table[0], x[:1]

    x = np.arange(size * 3.0).reshape(size, 3)
    for f in (static(views, executor), trace(views, x)):
        results = [np.asarray(r) for _ in range(3) for r in f(x)]
        owned = [r for r in results if not np.shares_memory(r, np.asarray(table))]
        assert len(owned) >= len(results) - 3  # the table itself is the caller's tensor, and comes back as it is
        for i, a in enumerate(owned):
            assert not np.shares_memory(a, x)
            assert not any(np.shares_memory(a, b) for b in owned[:i])


@pytest.mark.parametrize("executor", EXECUTORS)
def test_numbers_and_0d(executor: Any) -> None:
    f = static(lambda x, y: (x * y, x + y), executor)
    for x, y in [
        (np.array(2.0), np.array(3.0)),
        (np.float64(2), np.float64(3)),
        (np.array([2.0])[0], np.array(3.0)),
        (np.array(2.0, ">f8"), np.array(3.0)),
        (np.broadcast_to(2.0, ()), read_only(np.array(3.0))),
        (xp.asarray(2.0), 3.0),
        (2, 3.0),
    ]:
        for _ in range(3):
            product, total = f(x, y)
            assert (float(product), float(total)) == (6.0, 5.0)


class Quantity(np.ndarray):
    """Arrays whose operators are not NumPy's."""

    def __mul__(self, other: Any) -> Any:
        return "joules"


REFUSED: dict[str, tuple[Any, str]] = {
    "matrix": (np.ones((2, 2)).view(np.matrix), "`x` is a matrix, whose operators may not be those of arrays"),
    "masked": (np.ma.masked_array([1.0, 2.0], mask=[True, False]), "`x` is a MaskedArray, whose operators"),
    "subclass": (np.ones(3).view(Quantity), "`x` is a Quantity, whose operators"),
    "record": (np.zeros(3, "f8,i4"), r"`x`: there are no tensors of dtype [('f0', '<f8'), ('f1', '<i4')]"),
    "object": (np.array([1, None]), "`x`: there are no tensors of dtype object"),
    "text": (np.array(["a"]), "`x`: there are no tensors of dtype <U1"),
    "date": (np.array(["2020-01-01"], "M8[D]"), "`x`: there are no tensors of dtype datetime64[D]"),
    "long double": (np.ones(3, np.longdouble), "`x`: there are no tensors of dtype"),
}


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_tensor_is_refused(kind: str, executor: Any) -> None:
    if kind == "long double" and np.dtype(np.longdouble) == np.dtype(float):
        pytest.skip("long double is double here")
    x, text = REFUSED[kind]
    f = static(lambda x: x * 2, executor)
    for _ in range(3):
        with pytest.raises(DTypeError) as caught:
            f(x)
        assert text in str(caught.value)
    f(np.ones(3))
    with pytest.raises(DTypeError):
        f(x)
    with pytest.raises(DTypeError):
        trace(lambda x: x * 2, x)


def test_memory_mapped_files(tmp_path: Path) -> None:
    path = tmp_path / "data"
    np.arange(1000.0).tofile(path)
    x = np.memmap(path, np.float64, "r")
    f = static(lambda x: x * 2)
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(f(x)), np.arange(1000.0) * 2)


def test_tensors_of_odd_arrays_are_plain() -> None:
    for x in (np.ones((2, 2)).view(np.matrix), np.ma.masked_array([1.0, 2.0], mask=[0, 1]), np.ones(3).view(Quantity)):
        assert type(np.asarray(xp.asarray(x))) is np.ndarray
        assert type(xp.asarray(x).numpy() if hasattr(xp.Tensor, "numpy") else np.asarray(xp.asarray(x))) is np.ndarray
    swapped = xp.asarray(np.arange(3, dtype=">i4"))
    assert swapped.dtype == np.int32
    np.testing.assert_array_equal(np.asarray(swapped), [0, 1, 2])


def shift(x: Any, y: Any) -> Any:
    x += 1
    return y * 2


@pytest.mark.parametrize("executor", EXECUTORS)
def test_arrays_that_overlap(executor: Any) -> None:
    """What is only read may overlap; what is changed may not, and is left as it is."""
    reads, writes = static(lambda x, y: x + y, executor), static(shift, executor)
    base = np.arange(100.0)
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(reads(base[1:], base[:-1])), np.arange(99) * 2.0 + 1)
        np.testing.assert_array_equal(np.asarray(writes(base[:40], base[60:])), base[60:] * 2)
        base[:40] -= 1
        with pytest.raises(StagingError, match="may share memory with another argument"):
            writes(base[1:], base[:-1])
        np.testing.assert_array_equal(base, np.arange(100.0))
    x = np.arange(3.0)
    static(shift, executor)(x[::-1], np.ones(3))
    np.testing.assert_array_equal(x, [1, 2, 3])


def test_array_that_may_not_be_written_to() -> None:
    x = read_only(np.arange(3.0))
    with pytest.raises(ValueError, match="read-only"):
        static(shift)(x, np.ones(3))
    np.testing.assert_array_equal(x, np.arange(3.0))


def spin(n: Any) -> Any:
    i = xp.asarray(0)
    x = xp.asarray(1.0)
    while i < n:
        x = x * 1.0000001 + 0.0000001
        i = i + 1
    return x


def test_other_threads_run_meanwhile() -> None:
    f = static(spin)
    f(xp.asarray(10))
    ended = threading.Event()
    seen: list[int] = []

    def count() -> None:
        while not ended.is_set():
            seen.append(len(seen))
            ended.wait(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = len(seen)
        f(xp.asarray(60_000_000))
        during = len(seen) - before
    finally:
        ended.set()
        thread.join()
    assert during > 3


def test_many_functions_in_many_threads() -> None:
    """32 threads, 8 functions of their own programs: made, compiled and run at once."""

    def scaled(k: int) -> Any:
        return static(lambda x, n: (x * k + n, xp.sum(x) * k))

    functions = [scaled(k) for k in range(8)]
    wrong: list[int] = []
    begin = threading.Barrier(32)

    def check(number: int) -> None:
        begin.wait()
        for turn in range(20):
            k = (number + turn) % 8
            x = np.arange(100.0) + number
            found, total = functions[k](x, float(turn))
            if not (np.array_equal(np.asarray(found), x * k + turn) and np.isclose(float(total), x.sum() * k)):
                wrong.append(number)

    threads = [threading.Thread(target=check, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(len(f.programs) <= 3 for f in functions)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of the process from /proc")
def test_no_leak_over_100_000_calls() -> None:
    """By the short way: of a function, of a bound one, of one that changes state."""
    x, y = xp.asarray(np.ones(8)), xp.asarray(np.ones(100))
    state = {"h": xp.asarray(np.zeros(100))}

    def add(x: Any, y: Any) -> Any:
        return x * 2, y + 1

    def step(y: Any) -> Any:
        state["h"] = state["h"] * 0.5 + y
        return state["h"]

    f, g = static(add), static(step)
    bound = f.bind(x, y)

    def calls(count: int) -> int:
        for _ in range(count):
            f(x, y)
            bound(x, y)
            g(y)
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    calls(3000)
    before = calls(1000)
    assert calls(34_000) - before < 1_000_000
