"""Random graphs: the gradient is the derivative wherever the graph has one."""

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graph.autodiff.vjp import vjp
from graph.execute.interpreter import run
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.passes.pipeline import optimize
from graph.text.parser import parse
from support.derivatives import assert_close, directions, moved_by, pairing, run_everywhere
from support.strategies import graphs
from support.values import copy_of

STEP = 1e-6


@st.composite
def smooth_args(draw: st.DrawFn, graph: Graph) -> tuple[Any, ...]:
    """Arguments at which nothing special happens: no integers in the floats, few ties."""
    seed = draw(st.integers(0, 2**20))
    rng = np.random.default_rng(seed)
    args: list[Any] = []
    for p in graph.params:
        shape = tuple(d for d in p.shape if isinstance(d, int))
        match p.dtype.kind:
            case "f":
                args.append(rng.normal(size=shape).astype(p.dtype)[()])
            case "b":
                args.append((rng.normal(size=shape) > 0)[()])
            case _:
                args.append(rng.integers(-2, 4, size=shape)[()])
    return tuple(args)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Graph, tuple[Any, ...]]:
    graph = draw(graphs(max_ops=10, max_depth=3))
    return graph, draw(smooth_args(graph))


def _is_f64(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_f64(item) for item in value)
    return value is None or np.asarray(value).dtype == np.float64


def _is_finite(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_finite(item) for item in value)
    return value is None or bool(np.all(np.isfinite(value)) and np.all(np.abs(value) < 1e3))


def _structure(value: Any) -> Any:
    return [_structure(item) for item in value] if isinstance(value, list) else (value is None, np.shape(value))


def _loss(graph: Graph, cts: list[Any], args: list[Any]) -> tuple[float, Any]:
    """The weighted sum of the floating results, and all that is not differentiable about them."""
    results = run(graph, copy_of(args))
    floating = [v for v in results if _is_weighted(v)]
    rest = [v for v in results if not _is_weighted(v)]
    total = sum(pairing(ct, v) for ct, v in zip(cts, floating, strict=True))
    return total, (str(rest), [_structure(v) for v in floating])


def _is_weighted(value: Any) -> bool:
    """Whether a result has a cotangent: in the graphs of `strategies`, only floats may be listed or missing."""
    return value is None or isinstance(value, list) or np.asarray(value).dtype.kind == "f"


@given(cases())
@settings(max_examples=150)
def test_gradient_is_the_derivative(case: tuple[Graph, tuple[Any, ...]]) -> None:
    graph, args = case
    places = [i for i, p in enumerate(graph.params) if p.dtype == np.float64]
    assume(places)
    results = run(graph, copy_of(list(args)))
    rng = np.random.default_rng(0)
    cts = [directions(rng, value) for value in results if _is_weighted(value)]
    derived = vjp(graph, places)
    verify(derived)
    assert str(parse(str(derived))) == str(derived)
    found = run(derived, [*copy_of(list(args)), *copy_of(cts)])
    grads = found[len(results) :]
    optimized = optimize(derived)
    verify(optimized)
    assume(all(_is_finite(value) and (_is_f64(value) or not _is_weighted(value)) for value in results))
    assume(all(_is_finite(grad) for grad in grads))
    assert_close(run(optimized, [*copy_of(list(args)), *copy_of(cts)]), found)
    tangents = [directions(rng, args[i]) for i in places]
    product = sum(pairing(grad, tangent) for grad, tangent in zip(grads, tangents, strict=True))
    sides: list[float] = []
    for step in (STEP, 2 * STEP):
        ahead, behind = (_moved(args, places, tangents, sign * step) for sign in (1, -1))
        (a, kind_a), (b, kind_b) = _loss(graph, cts, ahead), _loss(graph, cts, behind)
        assume(kind_a == kind_b)
        sides += [a, b]
    middle, _ = _loss(graph, cts, list(args))
    near, far = (sides[0] - sides[1]) / (2 * STEP), (sides[2] - sides[3]) / (4 * STEP)
    one_sided = (sides[0] - middle) / STEP
    assume(np.isclose(near, far, rtol=1e-3, atol=1e-3))  # else a kink or a jump is near
    assume(np.isclose(near, one_sided, rtol=1e-3, atol=1e-3))
    assert np.isclose(product, near, rtol=1e-2, atol=1e-2)


def _moved(args: tuple[Any, ...], places: list[int], tangents: list[Any], step: float) -> list[Any]:
    moved = list(copy_of(list(args)))
    for i, tangent in zip(places, tangents, strict=True):
        moved[i] = moved_by(moved[i], tangent, step)
    return moved


@given(cases())
@settings(max_examples=60)
def test_gradients_of_gradients_run_everywhere(case: tuple[Graph, tuple[Any, ...]]) -> None:
    """The second derivative verifies, and executors and passes agree on it wherever it is finite."""
    graph, args = case
    places = [i for i, p in enumerate(graph.params) if p.dtype == np.float64]
    assume(places)
    given_args = list(args)
    for _ in range(2):
        results = run(graph, copy_of(given_args))
        assume(all(_is_finite(value) for value in results))
        rng = np.random.default_rng(1)
        given_args += [directions(rng, value) for value in results if _is_weighted(value)]
        graph = optimize(vjp(graph, places))
        verify(graph)
    assume(all(_is_finite(value) for value in run(graph, copy_of(given_args))))
    run_everywhere(graph, given_args)
