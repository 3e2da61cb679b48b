"""Programs on the native executor, from outside: signals, threads, failures, memory, odd arguments."""

import gc
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from graph.llvm.runtime.program import memory_use
from support.native_modules import nothing_forgotten


@pytest.fixture(autouse=True)
def _accounts() -> Iterator[None]:
    gc.collect()
    with nothing_forgotten():
        yield
        gc.collect()


class Model:
    def __init__(self) -> None:
        self.w = xp.asarray(np.ones(100))
        self.steps = 0


def train(model: Model, n: Any, limit: Any) -> Any:
    i = xp.asarray(0)
    while i < n:
        model.w = model.w * 1.0000001
        i = i + 1
        if model.w[0] > limit:
            raise ValueError(f"too large after {i}")
    model.steps = i
    return model.w


def collect(x: Any, n: Any) -> Any:
    found = []
    buffer = xp.zeros((200,))
    i = xp.asarray(0)
    while i < n:
        x = xp.tanh(x * 1.1) + 0.01
        buffer[i % 200] = xp.sum(x)
        if xp.sum(x) > 30.0:
            found.append(x)
        i = i + 1
    return x, buffer, found


def test_ctrl_c_ends_a_long_loop_and_leaves_the_state() -> None:
    model = Model()
    program = to_static(train, executor="native")
    program(model, xp.asarray(3), xp.asarray(9.0))
    before, steps = np.asarray(model.w).copy(), model.steps
    for _ in range(2):
        timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            program(model, xp.asarray(10**15), xp.asarray(np.inf))
        timer.join()
        np.testing.assert_array_equal(np.asarray(model.w), before)
        assert model.steps == steps


def test_failure_leaves_the_state_and_no_memory() -> None:
    model = Model()
    program = to_static(train, executor="native")
    for _ in range(30):
        with pytest.raises(ValueError, match="too large after 1000"):
            program(model, xp.asarray(10**6), xp.asarray(1.00009995))
    np.testing.assert_array_equal(np.asarray(model.w), np.ones(100))
    held = memory_use().held
    for _ in range(30):
        with pytest.raises(ValueError, match="too large after 1000"):
            program(model, xp.asarray(10**6), xp.asarray(1.00009995))
    assert memory_use().held == held


def test_32_threads_at_once() -> None:
    program = to_static(collect, executor="native")
    x = np.linspace(0, 1, 100)
    wanted = [collect(xp.asarray(x + 0.01 * k), xp.asarray(5 + k)) for k in range(8)]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(10):
            last, buffer, found = program(xp.asarray(x + 0.01 * (k % 8)), xp.asarray(5 + k % 8))
            for a, b in zip((last, buffer, *found), (*wanted[k % 8][:2], *wanted[k % 8][2]), strict=True):
                if not np.allclose(np.asarray(a), np.asarray(b), rtol=1e-12):
                    wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_memory_is_flat_over_many_calls() -> None:
    program = to_static(collect, executor="native")
    x, n = xp.asarray(np.linspace(0, 1, 100)), xp.asarray(20)
    for _ in range(50):
        program(x, n)
    before = memory_use()
    for _ in range(2000):
        program(x, n)
    assert memory_use() == before


def test_odd_arguments() -> None:
    program = to_static(collect, executor="native")
    base = np.linspace(0, 1, 300)
    plain = np.ascontiguousarray(base[::3])
    wanted = program(xp.asarray(plain), xp.asarray(7))
    read_only = plain.copy()
    read_only.flags.writeable = False
    misaligned = np.zeros(plain.nbytes + 1, np.uint8)[1:].view(np.float64)
    misaligned[...] = plain
    for x in (base[::3], plain[::-1].copy()[::-1], read_only, misaligned):
        found = program(xp.asarray(x), xp.asarray(7))
        assert len(found[2]) == len(wanted[2])
        for a, b in zip((*found[:2], *found[2]), (*wanted[:2], *wanted[2]), strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_program_found_damaged_on_disk_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", str(tmp_path))
    x, n = xp.asarray(np.linspace(0, 1, 100)), xp.asarray(7)
    wanted = np.asarray(to_static(collect, executor="native")(x, n)[0])
    entries = [*tmp_path.iterdir()]
    assert entries
    for path in entries:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    np.testing.assert_array_equal(np.asarray(to_static(collect, executor="native")(x, n)[0]), wanted)
    assert sorted(tmp_path.iterdir()) == sorted(entries)
