"""Footguns 11 to 17: programs that other systems refuse, or crash on.

One test a line of the list at least, written from the behaviour that the line describes; the numbers are the list's.
"""

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import InputSpec, to_static
from dy2static.errors import SourceUnavailableError
from support.tensors import same, t

ROOT = Path(__file__).resolve().parent.parent.parent


# 11. Variable undefined on a path; weak types need a fixed point


def test_11_undefined_only_matters_where_it_is_read() -> None:
    def f(x: Any, n: Any) -> Any:
        for i in range(n):
            last = x * i
        if n > 0:
            return last
        return x

    for n in (0, 1, 4):
        same(to_static(f)(t(1.0, 2.0), xp.asarray(n)), f(t(1.0, 2.0), n))


def test_11_python_numbers_become_tensors_in_loops() -> None:
    def f(x: Any, n: Any) -> Any:
        total, count, scale = 0, 0, 1
        for i in range(n):
            total = total + x
            count += 1
            scale = scale * 0.5 + i
        return total, count, scale

    x = xp.asarray(np.float32(1.5))
    for n in (1, 3):
        for found, expected in zip(to_static(f)(x, xp.asarray(n)), f(x, n), strict=True):
            same(found, expected)


# 12. Shapes that change over iterations; an example of size 1 becomes a constant


def test_12_shapes_that_grow_in_a_loop() -> None:
    def f(x: Any, n: Any) -> Any:
        for i in range(n):
            x = xp.concat([x, x[:1] * i])
        return x

    for n in (0, 1, 5):
        same(to_static(f)(t(1.0, 2.0), xp.asarray(n)), f(t(1.0, 2.0), n))


def test_12_one_graph_serves_batches_of_0_1_2_and_1000() -> None:
    f = to_static(lambda x: xp.sum(x * 2, axis=1) + x.shape[0], input_spec={"x": InputSpec("n", 3)})
    for n in (1, 2, 0, 1000):
        x = xp.asarray(np.arange(3.0 * n).reshape(n, 3))
        same(f(x), np.asarray(x).sum(axis=1) * 2 + n)
    assert len(f.programs) == 1


def test_12_a_first_call_of_size_1_makes_no_constant_of_it() -> None:
    f = to_static(lambda x, y: x + y, input_spec="n, n")
    for n in (1, 3, 0):
        same(f(xp.ones(n), xp.ones(n)), [2.0] * n)
    assert len(f.programs) == 1
    with pytest.raises(ValueError, match="`n`"):
        f(xp.ones(1), xp.ones(3))


# 13. Python containers in loops


def test_13_lists_dicts_and_tuples_as_loop_state() -> None:
    def f(x: Any, n: Any) -> Any:
        seen = []
        state = {"sum": x * 0, "pair": (x, 0)}
        for i in range(n):
            seen.append(x * i)
            state["sum"] = state["sum"] + seen[-1]
            state["pair"] = (seen[0], i)
        while len(seen) > 2:
            seen.pop(0)
        return seen, state["sum"], state["pair"][0], len(seen)

    for n in (1, 2, 5):
        found, expected = to_static(f)(t(1.0, 2.0), xp.asarray(n)), f(t(1.0, 2.0), n)
        assert len(found[0]) == len(expected[0])
        for a, b in zip([*found[0], *found[1:]], [*expected[0], *expected[1:]], strict=True):
            same(a, b)


# 15. Lambdas, notebooks, decorated, exec, frozen (see also dy2static/source/test_sources.py)


def test_15_lambdas_decorated_exec() -> None:
    f, g = to_static(lambda x: x + 1 if x[0] > 0 else x), to_static(lambda x: x + 2 if x[0] > 0 else -x)
    same(f(t(1.0)), [2.0])
    same(g(t(-1.0)), [1.0])

    def doubled(f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def inner(*args: Any) -> Any:
            return f(*args) * 2

        return inner

    @to_static
    @doubled
    def h(x: Any) -> Any:
        return x if x[0] > 0 else -x

    same(h(t(-1.0)), [2.0])
    namespace: dict[str, Any] = {}
    exec("def e(x):\n    return x if x[0] > 0 else -x", namespace)
    with pytest.raises(SourceUnavailableError, match="trace"):
        to_static(namespace["e"])


# 16. Threads


def test_16_threads_stage_once_and_agree() -> None:
    f = to_static(lambda x: x * 2 if x.sum() > 0 else -x)
    start = threading.Barrier(32)

    def call(i: int) -> bool:
        start.wait(30)
        x = np.full(3, i - 16.0)
        return np.array_equal(np.asarray(f(xp.asarray(x))), x * 2 if x.sum() > 0 else -x)

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(call, range(32)))
    assert len(f.programs) == 1


# 17. A new Python release breaks it for a year


def test_17_all_pythons_of_the_machine_are_tested() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "test-pythons" in makefile
    assert "3.11 3.12 3.13" in makefile
