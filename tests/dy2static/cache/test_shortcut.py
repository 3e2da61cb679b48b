"""The short way of plain calls: it takes those that its program serves, and no other."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache.shortcut import MISS
from eager.parameter import Parameter


def ways(f: Any) -> int:
    return len(f.cache._shortcuts)


def f32(*shape: int) -> Any:
    return xp.asarray(np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape))


def test_it_is_made_at_the_second_call_and_taken_from_the_third() -> None:
    f = to_static(lambda a, b: a + b)
    x, y = f32(3), f32(3)
    f(x, y)
    assert ways(f) == 0
    f(x, y)
    assert ways(f) == 1
    ((way, _, _),) = f.cache._shortcuts
    np.testing.assert_array_equal(np.asarray(way((x, y))), [0, 2, 4])
    np.testing.assert_array_equal(np.asarray(f(x, y)), [0, 2, 4])


OTHERS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "dtype": lambda: (xp.asarray([1.0, 2.0, 3.0]), f32(3), 2),
    "shape": lambda: (f32(4), f32(4), 2),
    "rank": lambda: (f32(1, 3), f32(3), 2),
    "number": lambda: (f32(3), f32(3), 3),
    "type of the number": lambda: (f32(3), f32(3), 2.0),
    "bool": lambda: (f32(3), f32(3), True),
    "parameter": lambda: (Parameter(f32(3)), f32(3), 2),
    "array": lambda: (np.ones(3, np.float32), f32(3), 2),
    "count": lambda: (f32(3), f32(3)),
    "a list": lambda: ([f32(3)], f32(3), 2),
}


@pytest.mark.parametrize("what", OTHERS)
def test_it_does_not_take(what: str) -> None:
    def add(a: Any, b: Any, n: Any = 1) -> Any:
        return (a[0] if isinstance(a, list) else a) + b * n

    f = to_static(add)
    for _ in range(2):
        f(f32(3), f32(3), 2)
    ((way, _, _),) = f.cache._shortcuts
    args = OTHERS[what]()
    assert way(args) is MISS
    np.testing.assert_array_equal(np.asarray(f(*args)), np.asarray(add(*args)))


def test_one_handle_twice() -> None:
    def add(a: Any, b: Any) -> Any:
        a += 1
        return b

    f, x = to_static(add), f32(3)
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(f(f32(3), x)), [0, 1, 2])
    np.testing.assert_array_equal(np.asarray(f(x, x)), [1, 2, 3])


def test_what_is_on_the_tape() -> None:
    f, w = to_static(lambda a: (a * a).sum()), f32(3)
    for _ in range(3):
        f(w)
    np.testing.assert_array_equal(np.asarray(xp.grad(f)(w)), [0, 2, 4])
    np.testing.assert_array_equal(np.asarray(xp.grad(lambda v: f(v * 1))(w)), [0, 2, 4])
    with xp.no_grad():
        assert float(f(w)) == 5


def test_symbolic_sizes_and_numbers_as_inputs() -> None:
    f = to_static(lambda a, b, s: (a + b) * s)
    for n, s in [(2, 1.0), (3, 2.0), (4, 3.0), (5, -0.0), (6, float("nan"))]:
        np.testing.assert_array_equal(np.asarray(f(f32(n), f32(n), s)), np.arange(n) * 2 * s)
    assert ways(f) == 1
    assert len(f.programs) == 2
    ((way, _, _),) = f.cache._shortcuts
    assert way((f32(2), f32(1), 1.0)) is MISS


def test_state_of_an_object() -> None:
    class Scale:
        def __init__(self) -> None:
            self.by = xp.asarray(2.0)
            self.up = True

        @to_static
        def __call__(self, x: Any) -> Any:
            return x * self.by if self.up else x

    s, t, x = Scale(), Scale(), f32(2)
    t.by = xp.asarray(3.0)
    for _ in range(3):
        np.testing.assert_array_equal(np.asarray(s(x)), [0, 2])
        np.testing.assert_array_equal(np.asarray(t(x)), [0, 3])
    s.by = xp.asarray(5.0)
    np.testing.assert_array_equal(np.asarray(s(x)), [0, 5])
    s.up = False
    np.testing.assert_array_equal(np.asarray(s(x)), [0, 1])


def test_results_of_other_kinds() -> None:
    pair = to_static(lambda a: (a + 1, a.sum()))
    text = to_static(lambda a: {"a": a + 1})
    for _ in range(3):
        first, second = pair(f32(2))
        np.testing.assert_array_equal(np.asarray(first), [1, 2])
        assert float(second) == 1
        np.testing.assert_array_equal(np.asarray(text(f32(2))["a"]), [1, 2])
    assert (ways(pair), ways(text)) == (1, 0)


def test_clearing_forgets_it() -> None:
    f = to_static(lambda a: a + 1)
    for _ in range(3):
        f(f32(2))
    f.cache.clear()
    assert ways(f) == 0
    f(f32(2))
    assert len(f.programs) == 1
