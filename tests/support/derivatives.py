"""Checks that derived graphs are derivatives: against central differences, along random directions."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from graph.autodiff.activity import carries_cotangents
from graph.autodiff.vjp import vjp
from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.passes.pipeline import optimize
from support.values import assert_apart, assert_same, copy_of


def assert_vjp(
    graph: Graph,
    args: Sequence[Any],
    wrt: Sequence[int] | None = None,
    *,
    order: int = 1,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    eps: float = 1e-6,
    seed: int = 0,
) -> Graph:
    """Check the VJP of `graph` at `args` up to this order; returns the first one, not optimized.

    Every derived graph verifies, and gives the same on the interpreter, as a NumPy program, and after `optimize`.
    `wrt` are all parameters that carry cotangents unless given.
    """
    places = [i for i, p in enumerate(graph.params) if carries_cotangents(p.type)] if wrt is None else list(wrt)
    verify(graph)
    rng = np.random.default_rng(seed)
    results = run_everywhere(graph, args)
    cts = [
        directions(rng, value) for v, value in zip(graph.results, results, strict=True) if carries_cotangents(v.type)
    ]
    derived = vjp(graph, places)
    verify(derived)
    found = run_everywhere(derived, [*args, *cts])
    assert_close(found[: len(results)], results)
    grads = found[len(results) :]
    for i, grad in zip(places, grads, strict=True):
        assert _fits(grad, args[i]), f"the cotangent of parameter {i} is {grad!r}, its value {args[i]!r}"
    tangents = [directions(rng, args[i]) for i in places]

    def loss(step: float) -> float:
        moved = list(copy_of(list(args)))
        for i, tangent in zip(places, tangents, strict=True):
            moved[i] = moved_by(moved[i], tangent, step)
        values = run(graph, moved)
        kept = [value for v, value in zip(graph.results, values, strict=True) if carries_cotangents(v.type)]
        return sum(pairing(ct, value) for ct, value in zip(cts, kept, strict=True))

    difference = (loss(eps) - loss(-eps)) / (2 * eps)
    product = sum(pairing(grad, tangent) for grad, tangent in zip(grads, tangents, strict=True))
    assert np.allclose(product, difference, rtol=rtol, atol=atol), (
        f"the VJP gives {product}, central differences {difference}\n{graph}\n{derived}"
    )
    if order > 1:
        again = optimize(derived)
        more = [*places, *range(len(args), len(args) + len(cts))]
        assert_vjp(again, [*args, *cts], more, order=order - 1, rtol=rtol, atol=atol, eps=eps, seed=seed + 1)
    return derived


def run_everywhere(graph: Graph, args: Sequence[Any]) -> tuple[Any, ...]:
    """The results; interpreter and NumPy program give the same, of the optimized graph too, but for rounding."""
    expected = run(graph, copy_of(list(args)))
    optimized = optimize(graph)
    verify(optimized)
    for each in (graph, optimized):
        assert_close(run(each, copy_of(list(args))), expected)
        given = copy_of(list(args))
        found = compile_program(each)(*given)
        assert_close(found, expected)
        assert_same(given, list(args))
        assert_apart(found, given)
    return expected


def assert_close(found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Same structures, dtypes and shapes; floats up to rounding."""
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        _assert_close(a, b)


def _assert_close(a: Any, b: Any) -> None:
    if isinstance(b, list):
        assert isinstance(a, list)
        assert_close(cast("list[Any]", a), cast("list[Any]", b))
    elif b is None or a is None:
        assert a is b
    else:
        x, y = np.asarray(a), np.asarray(b)
        assert (x.dtype, x.shape) == (y.dtype, y.shape), f"{a!r} and {b!r}"
        single = x.dtype.name in ("float32", "complex64")
        np.testing.assert_allclose(x, y, rtol=1e-4 if single else 1e-9, atol=1e-5 if single else 1e-11)


def directions(rng: np.random.Generator, value: Any) -> Any:
    """A random tangent or cotangent of a value: nothing for what is missing."""
    if value is None:
        return None
    if isinstance(value, list):
        return [directions(rng, item) for item in cast("list[Any]", value)]
    x = np.asarray(value)
    real = rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)
    return np.asarray(real + 1j * rng.standard_normal(x.shape) if x.dtype.kind == "c" else real, x.dtype)[()]


def moved_by(value: Any, tangent: Any, step: float) -> Any:
    """`value + step * tangent`."""
    if value is None:
        return None
    if isinstance(value, list):
        return [moved_by(a, b, step) for a, b in zip(cast("list[Any]", value), tangent, strict=True)]
    return (value + np.asarray(step * tangent, np.asarray(value).dtype))[()]


def pairing(ct: Any, tangent: Any) -> float:
    """Re <ct, tangent>; what is missing counts as zero."""
    if ct is None or tangent is None:
        return 0.0
    if isinstance(ct, list):
        return sum(pairing(a, b) for a, b in zip(cast("list[Any]", ct), tangent, strict=True))
    return float(np.sum(np.conj(ct) * tangent).real)


def _fits(ct: Any, value: Any) -> bool:
    """Whether a cotangent has the structure, shapes and dtypes of its value; what is missing may have one, or none."""
    if value is None or ct is None:
        return True
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return isinstance(ct, list) and len(ct) == len(items) and all(map(_fits, ct, items))
    x, y = np.asarray(ct), np.asarray(value)
    return x.shape == y.shape and x.dtype == y.dtype
