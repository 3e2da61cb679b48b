"""Composed ops become the ops that they are made of, in regions and functions too, with equal results."""

import numpy as np
import pytest

from graph.aval import Aval, SymDim, scalar
from graph.dtypes import bool_, float16, float32, float64, int64
from graph.execute.interpreter import run
from graph.ir.builder import GraphBuilder
from graph.ir.lowering import Decomposed
from graph.ir.op import Graph
from graph.ir.opdef import all_ops
from graph.ir.verify import verify
from graph.ir.walk import walk
from graph.passes.decompose import decompose
from support.close import assert_close
from support.control import cond

N = SymDim.named("n")
COMPOSED = {op.name for op in all_ops() if isinstance(op.lower, Decomposed)}


def is_decomposed(graph: Graph) -> bool:
    return not any(op.name in COMPOSED for g in (graph, *graph.functions.values()) for op in walk(g))


def check(graph: Graph, *args: object) -> None:
    made = decompose(graph)
    verify(made)
    assert is_decomposed(made)
    assert [v.type for v in made.results] == [v.type for v in graph.results]
    assert_close(run(made, args), run(graph, args))


def test_nothing_to_do_is_nothing_done() -> None:
    b = GraphBuilder("plain")
    x = b.param(scalar(float64))
    graph = b.build([b.exp(x)])
    assert decompose(graph) is graph


@pytest.mark.parametrize("dtype", [float64, float32, float16, int64, bool_])
@pytest.mark.parametrize("axis", [None, 1, (0, 1)])
def test_means(dtype: np.dtype, axis: int | tuple[int, ...] | None) -> None:
    b = GraphBuilder("mean")
    x = b.param(Aval(dtype, (3, 4)))
    made = [b.mean(x, axis=axis, keepdims=False), b.var(x, axis=axis, correction=1.0, keepdims=True)]
    graph = b.build([*made, b.std(x, axis=axis, correction=0, keepdims=False)])
    check(graph, (np.arange(12).reshape(3, 4) % 5).astype(dtype))


def test_softmax_of_symbolic_sizes() -> None:
    b = GraphBuilder("softmax")
    x = b.param(Aval(float32, (N, 4)))
    graph = b.build([b.softmax(x, axis=-1), b.log_softmax(x, axis=0), b.softmax(x, axis=None)])
    for n in (0, 1, 3):
        check(graph, np.linspace(-90, 90, 4 * n, dtype=np.float32).reshape(n, 4))


def test_in_regions_and_functions() -> None:
    inner = GraphBuilder("normalized")
    y = inner.param(Aval(float64, (3,)))
    function = inner.build([inner.softmax(y, axis=0)])
    b = GraphBuilder("outer")
    p, x = b.param(scalar(bool_)), b.param(Aval(float64, (3,)))
    (z,) = cond(b, p, lambda c: [c.softmax(x, axis=0)], lambda c: [c.neg(x)])
    graph = b.build([z], {"normalized": function})
    made = decompose(graph)
    assert is_decomposed(made)
    for truth in (np.True_, np.False_):
        check(graph, truth, np.array([1.0, 2.0, 3.0]))
