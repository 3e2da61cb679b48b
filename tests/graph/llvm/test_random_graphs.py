"""Random graphs and their gradients: native code agrees with the interpreter, shares nothing, writes to no argument."""

from typing import Any

import numpy as np
from hypothesis import assume, given, reject, settings

from graph.autodiff.vjp import vjp
from graph.aval import Aval, Type
from graph.errors import NotDifferentiableError
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.op import Graph
from graph.llvm.runtime.program import memory_use
from graph.passes.pipeline import optimize
from support.close import assert_close
from support.strategies import graphs_with_args
from support.values import assert_apart, assert_same, copy_of


def check(graph: Graph, args: tuple[Any, ...]) -> None:
    expected = run(graph, copy_of(list(args)))
    program = compile_native(graph)
    before = memory_use().forgotten
    for _ in range(2):
        given_args = copy_of(list(args))
        found = program(*given_args)
        assert_close(found, expected)
        assert_same(given_args, args)
        assert_apart(found, given_args)
    assert memory_use().forgotten == before


def is_float(t: Type) -> bool:
    return t.dtype.kind == "f" if isinstance(t, Aval) else is_float(t.element)


def ones_like(value: Any) -> Any:
    if isinstance(value, list):
        return [ones_like(item) for item in value]
    return None if value is None else np.ones_like(value)[()]


@given(graphs_with_args(max_ops=12))
@settings(max_examples=40, deadline=None)
def test_native_agrees_with_the_interpreter(case: tuple[Graph, tuple[Any, ...]]) -> None:
    check(*case)


@given(graphs_with_args(max_ops=10))
@settings(max_examples=20, deadline=None)
def test_gradients_agree(case: tuple[Graph, tuple[Any, ...]]) -> None:
    graph, args = case
    wrt = [i for i, p in enumerate(graph.params) if is_float(p.type)]
    assume(wrt)
    try:
        joint = vjp(graph, wrt)
    except NotDifferentiableError:
        reject()
    results = run(graph, copy_of(list(args)))
    cts = [ones_like(x) for x, v in zip(results, graph.results, strict=True) if is_float(v.type)]
    check(optimize(joint), (*args, *cts))
