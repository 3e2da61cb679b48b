"""Order in native code: rows of any length, and sizes that only the run time knows."""

from typing import Any

import numpy as np
import pytest

from graph.aval import Aval, SymDim, scalar
from graph.dtypes import DType, bfloat16, bool_, float32, float64, int64, uint8
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.ops.sorted_rows import PART
from support.close import assert_close

N, K = SymDim.named("n"), SymDim.named("k")
SIZES = (0, 1, 2, 7, 8, 9, 17, 63, 64, 65, 300, 511, 513, PART, PART + 1)


def one_op(name: str, *types: Aval, **attrs: Any) -> Graph:
    b = GraphBuilder(name)
    return b.build(b.append(lookup(name), [b.param(t) for t in types], attrs))


def row(dtype: DType, n: int) -> Any:
    """Numbers with ties, zeros of both signs, NaN and infinities."""
    rng = np.random.default_rng(n)
    if dtype == bool_ or dtype.kind in "iu":
        return rng.integers(0, 200, n).astype(dtype)
    x = np.where(rng.random(n) < 0.5, rng.standard_normal(n), rng.integers(-3, 4, n))
    for value in (np.nan, -0.0, np.inf, -np.nan):
        x = np.where(rng.random(n) < 0.05, value, x)
    return x.astype(dtype)


def same_bits(found: Any, expected: Any) -> None:
    """All bits, but those of NaN."""
    a, b = np.asarray(found), np.asarray(expected)
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    if b.dtype.kind in "fV":
        assert np.array_equal(np.isnan(a), np.isnan(b))
        a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", [bool_, uint8, bfloat16, float32, float64], ids=str)
@pytest.mark.parametrize("descending", [False, True])
def test_rows_of_any_length(dtype: DType, descending: bool) -> None:
    """`sort`, `argsort` and what they are made from give the same bits: both are stable."""
    b = GraphBuilder("orders")
    x = b.param(Aval(dtype, (N,)))
    attrs = {"axis": 0, "descending": descending}
    program = compile_native(b.build([b.sort(x, **attrs), b.argsort(x, **attrs)]))
    assert not program.callbacks
    for n in SIZES:
        x = row(dtype, n)
        found = program(x)
        for a, c in zip(found, run(program.graph, (x,)), strict=True):
            same_bits(a, c)


def test_a_row_that_is_in_order() -> None:
    program = compile_native(one_op("sort", Aval(int64, (N,)), axis=0, descending=False))
    for n in (20, 1000, 3 * PART + 5):
        for x in (np.arange(n), np.arange(n)[::-1].copy(), np.full(n, -7), np.arange(n) << 40):
            same_bits(program(x)[0], np.sort(x))


@pytest.mark.parametrize("largest", [False, True])
def test_so_many_as_the_run_time_says(largest: bool) -> None:
    graph = one_op("topk", Aval(float32, (2, N)), scalar(int64), shape=(K,), axis=1, largest=largest)
    program = compile_native(graph)
    assert not program.callbacks
    x = np.stack([row(float32, 100), row(float32, 100)])
    for k in (0, 1, 10, 100):
        for a, b in zip(program(x, np.int64(k)), run(graph, (x, np.int64(k))), strict=True):
            same_bits(a, b)
    for k in (101, -1):
        with pytest.raises(ValueError, match=f"axis 1 has 100 elements, {k} are asked for"):
            program(x, np.int64(k))


def test_more_than_a_symbolic_axis_has() -> None:
    program = compile_native(one_op("topk", Aval(float64, (N,)), shape=(3,), axis=0, largest=True))
    assert_close(program(np.array([1.0, 3.0, 2.0])), (np.array([3.0, 2.0, 1.0]), np.array([1, 2, 0])))
    with pytest.raises(ValueError, match="axis 0 has 2 elements, 3 are asked for"):
        program(np.ones(2))


def test_how_many_are_distinct_flows_on() -> None:
    """The size that the run time finds is that of what follows."""
    b = GraphBuilder("distinct")
    x = b.param(Aval(float64, (N,)))
    values, first, inverse, counts = b.unique_all(x)
    shares = b.div(b.cast(counts, dtype=float64), b.cast(b.dim(x, axis=0), dtype=float64))
    results = [b.sum(b.mul(values, shares), axis=None, keepdims=False), b.take(values, inverse, axis=0), first]
    program = compile_native(b.build(results))
    assert not program.callbacks
    for n in (1, 5, 1000):
        x = np.random.default_rng(n).integers(0, 9, n) * 0.5
        assert_close(program(x), run(program.graph, (x,)))


def test_bfloat16_nan_is_last() -> None:
    """NumPy's own order of bfloat16 has no place for NaN."""
    x = np.array([3, np.nan, 1, np.nan, 2, 0]).astype(bfloat16)
    values = lookup("sort").kernel(x, axis=0, descending=False)
    assert values.dtype == bfloat16
    assert values[:4].tolist() == [0, 1, 2, 3]
    assert lookup("argsort").kernel(x, axis=0, descending=True).tolist() == [1, 3, 0, 4, 2, 5]
    assert lookup("searchsorted").kernel(values, x, side="left").tolist() == [3, 4, 1, 4, 2, 0]
    assert lookup("unique_values").kernel(x)[:4].tolist() == [0, 1, 2, 3]
    assert lookup("unique_all").kernel(x)[2].tolist() == [3, 4, 1, 5, 2, 0]
