"""Static functions called by many threads at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import run_eagerly, to_static
from dy2static.cache import cache as cache_module

THREADS = 32


def branch(x: Any) -> Any:
    if x.sum() > 0:
        return x + 1
    return -x


def together(call: Callable[[int], Any]) -> list[Any]:
    barrier = threading.Barrier(THREADS)

    def start(i: int) -> Any:
        barrier.wait(30)
        return [call(i) for _ in range(5)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [x for found in pool.map(start, range(THREADS)) for x in found]


def test_one_staging_per_key(monkeypatch: pytest.MonkeyPatch) -> None:
    count: list[int] = []
    stage = cache_module.stage

    def counting(*args: Any, **kwargs: Any) -> Any:
        count.append(1)
        return stage(*args, **kwargs)

    monkeypatch.setattr(cache_module, "stage", counting)
    f = to_static(branch)

    def call(i: int) -> bool:
        x = np.full(4, float(i - 16), np.float32 if i % 2 else np.float64)
        return np.array_equal(np.asarray(f(xp.asarray(x))), x + 1 if x.sum() > 0 else -x)

    assert all(together(call))
    assert len(count) == len(f.programs) == 2


def test_different_functions() -> None:
    functions = [to_static(branch) for _ in range(4)]
    x = xp.asarray([1.0, 2.0])
    assert all(np.array_equal(np.asarray(y), [2.0, 3.0]) for y in together(lambda i: functions[i % 4](x)))
    assert all(len(f.programs) == 1 for f in functions)


def test_run_eagerly_is_of_one_thread() -> None:
    f = to_static(branch)
    with run_eagerly(), ThreadPoolExecutor(1) as pool:
        pool.submit(f, xp.asarray([1.0])).result()
    assert len(f.programs) == 1
