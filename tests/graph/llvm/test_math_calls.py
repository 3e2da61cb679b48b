"""Functions of elements that are written one by one: inlined, until there are many."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from graph.llvm import math_calls


def layers(x: Any, w: Any, count: int) -> Any:
    for _ in range(count):
        x = xp.tanh(x * w + 0.125)
    return x


def code_of(x: Any, count: int) -> str:
    made: Any = to_static(lambda x, w: layers(x, w, count), executor="native")
    made(x, x + 1)
    return made.native.llvm


@pytest.mark.parametrize("shape", [(), (3,), (8,)])
def test_many_are_called(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    x = xp.asarray(np.linspace(-2, 2, max(int(np.prod(shape)), 1)).reshape(shape))
    size = max(int(np.prod(shape)), 1)
    few, many = 64 // size, 64 // size + 3
    assert ".called" not in code_of(x, few)
    assert ".called" in code_of(x, many)


def test_the_results_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    x = xp.asarray(np.linspace(-2, 2, 5))
    found: list[np.ndarray] = []
    for most in (0, 64, 10_000):
        monkeypatch.setattr(math_calls, "MOST_INLINED", most)
        run: Any = to_static(lambda x, w: layers(x, w, 20), executor="native")
        found.append(np.asarray(run(x, x + 1)))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_allclose(found[0], np.asarray(layers(x, x + 1, 20)), rtol=1e-13)
