"""Loops over elements: vectors of long expressions are computed side by side, and come to what single elements do."""

import numpy as np
import pytest

from graph.aval import Aval
from graph.dtypes import float32
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.llvm.loop_nest import MANY
from support.close import assert_close

MARK = "llvm.loop.interleave.count"


def chain(count: int, functions: int) -> Graph:
    """So many functions of each element, one of the other."""
    b = GraphBuilder("chain")
    x = b.param(Aval(float32, (count,)))
    y = x
    for k in range(functions):
        y = b.tanh(y) if k % 2 else b.exp(b.neg(y))
    return b.build([y])


@pytest.mark.parametrize("count", [MANY, MANY + 1, MANY + 63, 4 * MANY + 17])
def test_whatever_is_left_over(count: int) -> None:
    x = np.random.default_rng(0).standard_normal(count).astype(np.float32)
    graph = chain(count, 4)
    (found,) = compile_native(graph)(x)
    assert_close([found], run(graph, (x,)))
    (alone,) = compile_native(chain(1, 4))(x[-1:])
    assert found[-1] == alone[0]


def test_only_long_loops_over_long_expressions() -> None:
    marked = {(n, k): MARK in compile_native(chain(n, k)).llvm for n in (MANY // 2, MANY) for k in (1, 4)}
    assert [which for which, is_marked in marked.items() if is_marked] == [(MANY, 4)]
