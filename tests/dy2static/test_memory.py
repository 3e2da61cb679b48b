"""Calls leave nothing behind."""

import contextlib
import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import eager as xp
from dy2static import to_static
from eager.parameter import Parameter

LEAST = 40
"""Bytes of the smallest object. Caches of Python and NumPy fill up slowly, with less than that a call."""


def growth(run: Callable[[int], object], calls: int) -> float:
    """Bytes a call that `calls` calls leave behind, after as many to warm up as a tenth of that."""
    for i in range(calls // 10):
        run(i)
    gc.collect()
    tracemalloc.start()
    try:
        for i in range(calls // 10):  # what tracemalloc itself and lazily made caches take
            run(i)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for i in range(calls):
            run(i)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        return (after - before) / calls
    finally:
        tracemalloc.stop()


@to_static
def steps(x: Any, n: Any) -> Any:
    out = []
    while n > 0:
        x = x * 0.5
        out.append(x)
        n = n - 1
    return xp.stack(out).sum() if len(out) > 0 else x.sum()


def test_a_thousand_calls() -> None:
    x = xp.asarray(np.ones(100))
    assert growth(lambda i: steps(x, xp.asarray(i % 5)), 1000) < LEAST


def test_a_thousand_gradients() -> None:
    w = Parameter(np.ones(100))

    def step(i: int) -> None:
        xp.grad(lambda v: steps(v, xp.asarray(1 + i % 3)))(w)
        steps.grad()(w, xp.asarray(2))

    assert growth(step, 1000) < LEAST


def test_a_thousand_failing_calls() -> None:
    @to_static
    def positive(x: Any) -> Any:
        assert x.sum() > 0, "negative"
        return x

    def fail(i: int) -> None:
        with contextlib.suppress(AssertionError):
            positive(xp.asarray(-np.ones(3)))

    assert growth(fail, 1000) < LEAST


def test_many_kinds_of_calls() -> None:
    """Shapes, dtypes and Python arguments vary: memory is flat, and programs are as many as `explain` says."""

    @to_static
    def scaled(x: Any, by: Any, *, twice: bool = False) -> Any:
        y = x * by
        if y.sum() > 10:
            y = y - 1
        return y * 2 if twice else y

    dtypes = [np.float32, np.float64, np.int64]

    def call(i: int) -> None:
        x = xp.asarray(np.ones((i % 7, 1 + i % 3), dtypes[i % 3]))
        scaled(x, [2, 3.0, 5][i % 3], twice=i % 2 == 0)

    assert growth(call, 1000) < LEAST
    assert len(scaled.programs) <= 3 * 2 * 3
    assert scaled.explain().startswith(f"{scaled!r}: {len(scaled.programs)} programs")
