"""Gradients of functions that call themselves: as many ops as the calls have, at any depth, in every executor."""

import sys
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from graph.autodiff.vjp import grad, vjp
from graph.execute.executor import compile_native, compile_program
from graph.execute.interpreter import run
from graph.ir.op import Graph, Op
from graph.ir.verify import verify
from graph.passes.pipeline import optimize


def power(x: Any, n: Any) -> Any:
    if n == 0:
        return x * 0 + 1
    return xp.sin(x) * power(x, n - 1) + x


def tree(x: Any, n: Any) -> Any:
    if n <= 0:
        return xp.cos(x)
    total = x
    for i in range(2):
        total = total * tree(x * 0.5 + i, n - 1)
    return total


def caught(x: Any, n: Any) -> Any:
    try:
        if n == 0:
            raise ValueError("the end")
        y = caught(x * 0.9, n - 1)
    except ValueError:
        return x
    print("back", n)
    return xp.sin(x) * y


def graph_of(function: Callable[..., Any]) -> Graph:
    static = to_static(function)
    static(xp.asarray(0.5), xp.asarray(3))
    return static.graph.graph


@pytest.fixture
def deep() -> Generator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)
    yield
    sys.setrecursionlimit(before)


def ops_run(graph: Graph, depth: int) -> int:
    count = 0

    def seen(op: Op, results: tuple[Any, ...]) -> None:
        nonlocal count
        count += 1

    run(graph, (np.float64(0.5), np.int64(depth)), on_op=seen)
    return count


def test_the_gradient_takes_ops_in_proportion_to_the_depth() -> None:
    graph = grad(graph_of(power), (0,))
    verify(graph)
    counts = [ops_run(graph, depth) for depth in (10, 20, 30)]
    assert counts[1] - counts[0] == counts[2] - counts[1]


EXECUTORS = {
    "interpreter": lambda graph: lambda *args: run(graph, args),
    "numpy": compile_program,
    "native": compile_native,
}


@pytest.mark.usefixtures("deep")
@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_thousand_calls_deep(executor: str) -> None:
    graph = optimize(grad(graph_of(power), (0,)))
    x, depth = np.float64(0.5), np.int64(1000)
    _, found = EXECUTORS[executor](graph)(x, depth)
    value, slope = 1.0, 0.0
    for _ in range(1000):
        value, slope = np.sin(x) * value + x, np.cos(x) * value + np.sin(x) * slope + 1
    np.testing.assert_allclose(found, slope, rtol=1e-10)


@pytest.mark.usefixtures("deep")
def test_a_thousand_calls_deep_with_the_gradient_inside_static_code() -> None:
    inside = to_static(lambda x, n: xp.grad(lambda v: power(v, n))(x))
    outside = to_static(power).grad()
    for depth in (0, 1, 1000):
        x, n = xp.asarray(0.5), xp.asarray(depth)
        np.testing.assert_allclose(float(inside(x, n)), float(outside(x, n)), rtol=1e-12)


@pytest.mark.parametrize("function", [power, tree, caught], ids=lambda f: f.__name__)
def test_higher_orders(function: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    once = grad(graph_of(function), (0,))
    twice = grad(once, (0,), result=1)
    verify(twice)
    for depth in (0, 1, 3):

        def slope(x: float, n: int = depth) -> Any:
            return run(once, (np.float64(x), np.int64(n)))[1]

        found = run(twice, (np.float64(0.5), np.int64(depth)))[-1]
        np.testing.assert_allclose(found, (slope(0.5 + 1e-6) - slope(0.5 - 1e-6)) / 2e-6, rtol=1e-6, atol=1e-9)
    capsys.readouterr()


def test_what_is_printed_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    graph = grad(graph_of(caught), (0,))
    capsys.readouterr()
    value, slope = run(graph, (np.float64(0.5), np.int64(2)))
    assert capsys.readouterr().out == "back 1\nback 2\n"
    x = 0.5
    expected = np.sin(x) * np.sin(0.9 * x) * 0.81 * x  # the call at the end gives back what it was given
    np.testing.assert_allclose(value, expected)
    near = [float(run(graph, (np.float64(x + h), np.int64(2)))[0]) for h in (1e-6, -1e-6)]
    np.testing.assert_allclose(slope, (near[0] - near[1]) / 2e-6, rtol=1e-7)


def test_cotangents_of_several_results() -> None:
    def both(x: Any, n: Any) -> Any:
        if n == 0:
            return x, x * x
        a, b = both(x * 0.5, n - 1)
        return a * b, a + b

    graph = graph_of(both)
    joint = vjp(graph, (0,))
    *_, found = run(joint, (np.float64(0.7), np.int64(3), np.float64(2.0), np.float64(-1.0)))

    def weighted(x: float) -> Any:
        a, b = run(graph, (np.float64(x), np.int64(3)))
        return 2 * a - b

    np.testing.assert_allclose(found, (weighted(0.7 + 1e-6) - weighted(0.7 - 1e-6)) / 2e-6, rtol=1e-7)
