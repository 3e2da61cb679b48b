"""Gathers and masks in native code: they fuse, their checks hold, and updates wait for them."""

import re

import numpy as np
import pytest

from graph.aval import Aval, SymDim
from graph.dtypes import bool_, float32, float64, int64
from graph.execute.interpreter import run
from graph.execute.native_program import NativeProgram, compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from support.close import assert_close

N, M = SymDim.named("n"), SymDim.named("m")
VECTOR, PLACES, MASK = Aval(float64, (N,)), Aval(int64, (M,)), Aval(bool_, (N,))
X = np.linspace(-1, 1, 150)


def allocations(program: NativeProgram) -> int:
    return len(re.findall(r"call .*@dy_alloc\(", program.optimized))


def agrees(graph: Graph, *args: object) -> NativeProgram:
    program = compile_native(graph)
    for _ in range(2):
        assert_close(program(*args), run(graph, args))
    assert program.callbacks == ()
    return program


def test_an_embedding_fuses_with_what_follows() -> None:
    b = GraphBuilder("embedding")
    table, ids, shift = b.param(Aval(float32, (1000, 64))), b.param(PLACES), b.param(Aval(float32, (64,)))
    y = b.tanh(b.add(b.mul(b.take(table, ids, axis=0), 2.0), shift))
    graph = b.build([b.sum(y, axis=(1,), keepdims=False)])
    rows = np.linspace(-1, 1, 64000, dtype=np.float32).reshape(1000, 64)
    assert allocations(agrees(graph, rows, np.array([3, -1, 999, 0]), rows[1])) == 1


def test_a_triangle_fuses_with_what_is_around_it() -> None:
    b = GraphBuilder("triangle")
    x = b.param(Aval(float64, (N, 64)))
    graph = b.build([b.sum(b.tril(b.exp(x), k=0), axis=(1,), keepdims=False)])
    assert allocations(agrees(graph, np.linspace(-1, 1, 640).reshape(10, 64))) == 1


def test_what_a_gather_reads_often_is_computed_once() -> None:
    b = GraphBuilder("often")
    x, at = b.param(VECTOR), b.param(PLACES)
    program = agrees(b.build([b.index(b.exp(x), at, index=("$",))]), X, np.zeros(1000, np.int64))
    assert allocations(program) == 2


@pytest.mark.parametrize("changed", ["source", "places"])
def test_updates_wait_for_a_gather(changed: str) -> None:
    b = GraphBuilder("hazard")
    x, at = b.param(VECTOR), b.param(PLACES)
    y, i = b.mul(x, 2.0), b.add(at, 1)
    picked = b.index(y, i, index=("$",))
    z = b.index_set(y if changed == "source" else i, 0, index=(slice(None),))
    agrees(b.build([b.add(picked, 1.0), z]), X, np.arange(100))


@pytest.mark.parametrize("bad", [150, -151, 2**63 - 1, -(2**63)])
def test_indices_out_of_range(bad: int) -> None:
    b = GraphBuilder("range")
    x, at = b.param(VECTOR), b.param(PLACES)
    program = compile_native(b.build([b.add(b.take(x, at, axis=0), 1.0)]))
    assert_close(program(X, np.array([-150, 149])), (X[[0, -1]] + 1,))
    with pytest.raises(IndexError, match="out of bounds"):
        program(X, np.array([0] * 70 + [bad]))


def test_nothing_is_taken_from_nothing() -> None:
    b = GraphBuilder("empty")
    x, at = b.param(VECTOR), b.param(PLACES)
    program = agrees(b.build([b.take(x, at, axis=0)]), X[:0], np.zeros(0, np.int64))
    with pytest.raises(IndexError):
        program(X[:0], np.zeros(1, np.int64))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_masks(share: float) -> None:
    b = GraphBuilder("masks")
    x, mask = b.param(VECTOR), b.param(MASK)
    picked = b.index(x, mask, index=("$",))
    written = b.index_set(x, b.mul(picked, 2.0), mask, index=("$",))
    added = b.index_add(x, 1.0, mask, index=("$",))
    total = b.sum(b.exp(picked), axis=None, keepdims=False)
    graph = b.build([picked, written, added, total, b.nonzero(mask)])
    agrees(graph, X, np.random.default_rng(1).random(150) < share)


def test_a_mask_of_another_size() -> None:
    b = GraphBuilder("sizes")
    x, mask = b.param(VECTOR), b.param(Aval(bool_, (M,)))
    program = compile_native(b.build([b.index(x, mask, index=("$",)), b.index_set(x, 0.0, mask, index=("$",))]))
    assert_close(program(X, X > 0), (X[X > 0], np.minimum(X, 0)))
    with pytest.raises(IndexError):
        program(X, X[:10] > 0)


def test_one_value_by_a_mask_is_elementwise() -> None:
    b = GraphBuilder("relu")
    x = b.param(VECTOR)
    y = b.index_set(b.mul(x, 2.0), 0.0, b.lt(x, 0.0), index=("$",))
    assert allocations(agrees(b.build([y]), X)) == 1


def test_steps_of_the_run_time() -> None:
    b = GraphBuilder("steps")
    x, step = b.param(VECTOR), b.param(Aval(int64, ()))
    program = compile_native(b.build([b.index(x, step, index=(slice(None, None, "$"),))]))
    for k in (1, 2, 150, -1, -7, -1000):
        assert_close(program(X, np.int64(k)), (X[::k],))
    with pytest.raises(ValueError, match="zero"):
        program(X, np.int64(0))


def test_sums_over_sizes_that_may_be_one() -> None:
    """`n` may be 1: the cotangent of what was broadcast."""
    b = GraphBuilder("unbroadcast")
    ct, x = b.param(Aval(float32, (M, 40))), b.param(Aval(float32, (N, 40)))
    graph = b.build([b.sum_to(ct, x), b.sum_to(b.exp(ct), b.index(x, index=(slice(1),)))])
    for m, n in ((5, 5), (5, 1), (1, 1), (0, 1), (0, 0)):
        agrees(graph, np.ones((m, 40), np.float32), np.ones((n, 40), np.float32))


def test_small_operands_of_large_results() -> None:
    """Nothing in registers gives much in memory."""
    b = GraphBuilder("grown")
    x, y = b.param(Aval(float64, (100, 0))), b.param(Aval(float64, (0, 90)))
    column, row = b.param(Aval(float64, (20, 1))), b.param(Aval(float64, (1, 12)))
    graph = b.build([b.sum(x, axis=1, keepdims=False), b.matmul(x, y), b.matmul(column, row)])
    agrees(graph, np.ones((100, 0)), np.ones((0, 90)), X[:20, None], X[None, :12])


def test_much_code_for_a_small_array_is_a_loop() -> None:
    b = GraphBuilder("small")
    x = b.param(Aval(float64, (64,)))
    program = agrees(b.build([b.tanh(b.exp(x)), b.mul(x, 2.0)]), X[:64])
    assert program.optimized.count("fdiv") < 16
