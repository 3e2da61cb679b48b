"""Calls leave nothing behind."""

import contextlib
import gc
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache import cache
from eager.parameter import Parameter
from support.defining import run_text

LEAST = 40
"""Bytes of the smallest object. Caches of Python and NumPy fill up slowly, with less than that a call."""
MODES = ("once", "twice")


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


SECTION = """
import dataclasses

class Plain:
    def __init__(self, x):
        self.x = x

    def scaled(self, by):
        return self.x * by

class Slotted:
    __slots__ = ("x",)

@dataclasses.dataclass
class Data:
    x: object

def f(x):
    made, slotted, data = Plain(x), Slotted(), Data(x)
    slotted.x = x
    if x > 0:
        made.x, slotted.x, data.x = made.scaled(2.0), x + 1, x + 2
    return made, slotted, data
"""
"""As in a notebook, where a section is run again and again."""


def test_a_module_that_goes_takes_all_with_it() -> None:
    namespace = run_text(SECTION, "<section>", xp=xp)
    made, slotted, data = to_static(namespace["f"])(xp.asarray(1.0))
    assert [float(x) for x in (made.x, slotted.x, data.x)] == [2.0, 2.0, 3.0]
    alive = [weakref.ref(namespace[name]) for name in ("Plain", "Slotted", "Data", "f")]
    del made, slotted, data, namespace
    gc.collect()
    assert [found() for found in alive] == [None] * 4


@pytest.mark.slow
def test_ten_thousand_calls_of_varied_kinds() -> None:
    """Shapes, dtypes and Python arguments vary. Each kind of call has a program for the sizes of its first call and one
    for any; then there are no more."""

    @to_static
    def scaled(x: Any, by: Any, *, mode: str = "once") -> Any:
        y = x * by
        if y.sum() > 10:
            y = y - 1
        for _ in range(2 if mode == "twice" else 1):
            y = y * 2
        return y

    dtypes = [np.float32, np.float64, np.int32, np.int64]
    kinds = [(dtype, rank, by, mode) for dtype in dtypes for rank in (1, 2) for by in (int, float) for mode in MODES]

    def call(i: int) -> None:
        dtype, rank, by, mode = kinds[i % len(kinds)]
        sizes = (2 + i // len(kinds) % 11, 20 + i // len(kinds) % 5)[:rank]
        number = by(2 + i // len(kinds) % 7)
        x = np.full(sizes, 3, dtype)
        y = x * number
        y = (y - 1 if y.sum() > 10 else y) * (4 if mode == "twice" else 2)
        np.testing.assert_allclose(np.asarray(scaled(xp.asarray(x), number, mode=mode)), y, rtol=1e-6)

    assert growth(call, 10_000) < LEAST
    assert len(scaled.programs) == 2 * len(kinds) <= cache.MOST_PROGRAMS
    assert scaled.cache.made == len(scaled.programs)
    explained = scaled.explain()
    assert explained.startswith(f"{scaled!r}: {len(scaled.programs)} programs")
    assert explained.count("the first call with these types") == len(kinds)
    assert explained.count("sizes or numbers differ") == len(kinds)


@pytest.mark.slow
def test_programs_beyond_the_bound_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_PROGRAMS", 4)

    @to_static
    def labelled(x: Any, label: str) -> Any:
        return x * len(label) if x.sum() > 0 else x

    x = xp.asarray(np.ones(3))
    left = growth(lambda i: labelled(x, "a" * (i % 6)), 60)
    assert left < min(program.bytes for program in labelled.programs)
    assert len(labelled.programs) == 4
    assert labelled.cache.made > 60
    assert labelled.explain().startswith(f"{labelled!r}: 4 programs")
