"""Random graphs: the NumPy program gives the interpreter's very bits, shares nothing, and writes to no argument."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings

from graph.autodiff.vjp import vjp
from graph.aval import Aval, Type
from graph.errors import NotDifferentiableError
from graph.execute import emit_ops
from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program
from graph.ir.op import Graph
from graph.passes.pipeline import optimize
from support.strategies import graphs_with_args
from support.values import assert_apart, assert_same, copy_of


@pytest.fixture(autouse=True, scope="module")
def reuse_all_buffers() -> Any:
    """Small arrays are reused too, so that small examples try it."""
    before = emit_ops.REUSE_FROM
    emit_ops.REUSE_FROM = 0
    yield
    emit_ops.REUSE_FROM = before


@given(graphs_with_args(max_ops=12))
@settings(max_examples=200)
def test_program_agrees_with_interpreter(case: tuple[Graph, tuple[Any, ...]]) -> None:
    graph, args = case
    expected = run(graph, copy_of(list(args)))
    program = compile_program(graph)
    given_args = copy_of(list(args))
    found = program(*given_args)
    assert_same(found, expected)
    assert_same(given_args, args)
    assert_apart(found, given_args)
    for array in (a for value in found for a in ([value] if isinstance(value, np.ndarray) else [])):
        array.fill(0)
    assert_same(program(*given_args), expected)
    assert_same(compile_program(graph, leave=lambda: None, when=[])(*given_args), expected)


def is_float(t: Type) -> bool:
    return t.dtype.kind == "f" if isinstance(t, Aval) else is_float(t.element)


def ones_like(value: Any) -> Any:
    if isinstance(value, list):
        return [ones_like(item) for item in value]
    return None if value is None else np.ones_like(value)[()]


@given(graphs_with_args(max_ops=10))
@settings(max_examples=100)
def test_optimized_program_of_the_gradient_agrees(case: tuple[Graph, tuple[Any, ...]]) -> None:
    """Gradients bring what graphs written by hand seldom have: residual lists, optionals, sums updated in place."""
    graph, args = case
    wrt = [i for i, p in enumerate(graph.params) if is_float(p.type)]
    assume(wrt)
    try:
        joint = vjp(graph, wrt)
    except NotDifferentiableError:
        reject()
    results = run(graph, copy_of(list(args)))
    cts = [ones_like(x) for x, v in zip(results, graph.results, strict=True) if is_float(v.type)]
    expected = run(joint, copy_of([*args, *cts]))
    given_args = copy_of([*args, *cts])
    found = compile_program(optimize(joint))(*given_args)
    assert_same(found, expected)
    assert_same(given_args, [*args, *cts])
    assert_apart(found, given_args)
