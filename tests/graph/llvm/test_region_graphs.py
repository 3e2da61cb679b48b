"""Graphs with control flow, lists, optionals, calls: native code agrees with the interpreter, gradients too.

They run twice: with small arrays in registers, and with all arrays in memory.
"""

from typing import Any

import numpy as np
import pytest

from graph.autodiff.vjp import vjp
from graph.aval import Aval, Type
from graph.errors import NotDifferentiableError
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.op import Graph
from graph.llvm import abi
from graph.llvm.runtime.program import memory_use
from graph.passes.pipeline import optimize
from support.close import assert_close
from support.list_graphs import CASES_WITH_LISTS as CASES
from support.values import assert_apart, assert_same, copy_of


@pytest.fixture(
    autouse=True, params=[abi.UNROLLED, pytest.param(1, marks=pytest.mark.slow)], ids=["registers", "memory"]
)
def unrolled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many elements an array in registers has at most. Code on disk does not say."""
    monkeypatch.setattr(abi, "UNROLLED", request.param)
    monkeypatch.setenv("DY2STATIC_CACHE", "off")


def check(graph: Graph, all_args: list[tuple[Any, ...]]) -> None:
    """Two calls for each set of arguments: the second finds what the first left, which is no memory."""
    program = compile_native(graph)
    before = memory_use().forgotten
    for args in (*all_args, *all_args):
        given = copy_of(list(args))
        found = program(*given)
        assert_close(found, run(graph, copy_of(list(args))))
        assert_same(given, args)
        assert_apart(found, given)
    assert memory_use().forgotten == before


def is_float(t: Type) -> bool:
    return t.dtype.kind in "fc" if isinstance(t, Aval) else is_float(t.element)


def ones_like(value: Any) -> Any:
    if isinstance(value, list):
        return [ones_like(item) for item in value]
    return None if value is None else np.ones_like(value)[()]


@pytest.mark.parametrize("name", CASES)
def test_forward(name: str) -> None:
    check(CASES[name].graph, list(CASES[name].args))


@pytest.mark.parametrize("name", CASES)
def test_gradient(name: str) -> None:
    graph = CASES[name].graph
    try:
        joint = vjp(graph, [i for i, p in enumerate(graph.params) if is_float(p.type)])
    except NotDifferentiableError:
        pytest.skip("there is no gradient")
    calls: list[tuple[Any, ...]] = []
    for args in CASES[name].args:
        results = run(graph, copy_of(list(args)))
        cts = [ones_like(x) for x, v in zip(results, graph.results, strict=True) if is_float(v.type)]
        calls.append((*args, *cts))
    check(optimize(joint), calls)
