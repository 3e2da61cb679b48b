"""Programs whose loops are split over two threads, from outside: signals, threads, arguments, memory, processors."""

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from graph.llvm.runtime.compile import machine
from graph.llvm.runtime.program import memory_use
from support.native_modules import nothing_forgotten

ROWS, FEATURES, HIDDEN = 64, 32, 64
RNG = np.random.default_rng(0)
WX, WH, B = (xp.asarray(np.float32(0.2 * RNG.standard_normal(s))) for s in ((FEATURES, HIDDEN), (HIDDEN, HIDDEN), 64))
X = np.float32(RNG.standard_normal((5, ROWS, FEATURES)))


class Model:
    def __init__(self) -> None:
        self.last = xp.zeros((ROWS, HIDDEN), dtype=xp.float32)


def states(wx: Any, wh: Any, b: Any, x: Any, n: Any) -> Any:
    h = xp.zeros((x.shape[1], wh.shape[0]), dtype=x.dtype)
    for t in range(n):
        h = xp.tanh(x[t % 5] @ wx + h @ wh + b)
    return h


def kept(model: Model, x: Any, n: Any) -> Any:
    model.last = states(WX, WH, B, x, n)
    return model.last.sum()


@pytest.fixture(autouse=True)
def _accounts() -> Iterator[None]:
    gc.collect()
    with nothing_forgotten():
        yield
        gc.collect()


def split(**options: Any) -> tuple[Callable[..., np.ndarray], Any]:
    """`states`, called with an array and a number of steps, and the static function."""
    static = to_static(states, executor="native", compile="now", **options)

    def call(x: Any, n: int) -> np.ndarray:
        return np.asarray(static(WX, WH, B, xp.asarray(x), xp.asarray(n)))

    np.testing.assert_allclose(call(X, 3), np.asarray(states(WX, WH, B, xp.asarray(X), 3)), rtol=1e-4, atol=1e-5)
    assert "(2 times)" in static.explain()
    return call, static


def test_ctrl_c_ends_both_parts_and_leaves_the_state() -> None:
    model = Model()
    program = to_static(kept, executor="native", compile="now")
    program(model, xp.asarray(X), xp.asarray(3))
    assert "(2 times)" in program.explain()
    before = np.asarray(model.last).copy()
    for _ in range(3):
        timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            program(model, xp.asarray(X), xp.asarray(10**12))
        timer.join()
        np.testing.assert_array_equal(np.asarray(model.last), before)
    program(model, xp.asarray(X), xp.asarray(3))
    np.testing.assert_array_equal(np.asarray(model.last), before)


def test_32_threads_at_once() -> None:
    call, _ = split()
    wanted = [call(X + 0.01 * k, 5 + k) for k in range(4)]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(5):
            if not np.array_equal(call(X + 0.01 * (k % 4), 5 + k % 4), wanted[k % 4]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_odd_arguments() -> None:
    call, _ = split()
    wanted = call(X, 7)
    wide = np.zeros((10, ROWS, 2 * FEATURES), np.float32)
    wide[::2, :, ::2] = X
    read_only = X.copy()
    read_only.flags.writeable = False
    misaligned = np.zeros(X.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(X.shape)
    misaligned[...] = X
    layouts = [wide[::2, :, ::2], np.asfortranarray(X), X[::-1].copy()[::-1], read_only, misaligned, X.astype(">f4")]
    for x in layouts:
        np.testing.assert_array_equal(call(x, 7), wanted)
    np.testing.assert_array_equal(call(X, 0), np.zeros((ROWS, HIDDEN)))


def test_memory_is_flat_over_many_calls() -> None:
    call, _ = split()
    for _ in range(50):
        call(X, 2)
    before = memory_use()
    for _ in range(2000):
        call(X, 2)
    assert memory_use() == before


@pytest.mark.parametrize("cpu", ["x86-64", "x86-64-v3", "x86-64-v4"])
def test_lesser_processors(cpu: str) -> None:
    try:
        machine(cpu)
    except ValueError as error:
        pytest.skip(str(error))
    call, _ = split(cpu=cpu)
    np.testing.assert_allclose(call(X, 20), split()[0](X, 20), rtol=1e-4, atol=1e-5)


def test_program_found_damaged_on_disk_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path))
    wanted = split()[0](X, 7)
    for path in tmp_path.iterdir():
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    np.testing.assert_array_equal(split()[0](X, 7), wanted)
