"""Order in ONNX: `TopK`, which keeps the order of equal elements."""

import math

from graph.aval import Aval, Dim
from graph.dtypes import int64
from graph.ir.onnx_form import Handle, OnnxEmitter


def _order(b: OnnxEmitter, x: Handle, key: Handle, axis: int, largest: bool) -> Handle:
    """The places of all elements along an axis in the order of their keys; equal ones keep theirs."""
    count = b.vector([b.sizes(x)[axis]])
    found = b.nodes("TopK", key, count, dtypes=(key.dtype, int64), axis=axis % x.ndim, largest=int(largest), sorted=1)
    return found[1]


def argsort_onnx(b: OnnxEmitter, x: Handle, *, axis: int, descending: bool) -> Handle:
    """Where there is NaN, which is larger than all, once more by that: the second order keeps the first."""

    def plain() -> Handle:
        return _order(b, x, x, axis, descending)

    def twice() -> Handle:
        by_value = _order(b, x, b.select(is_nan, math.inf, x), axis, descending)
        key = b.node("GatherElements", b.convert(is_nan, int64), by_value, axis=at)
        return b.node("GatherElements", by_value, _order(b, x, key, axis, descending), axis=at)

    if x.dtype.kind in "biu":
        return plain()
    at, is_nan = axis % x.ndim, b.ne(x, x)
    count = b.node("ReduceSum", b.convert(is_nan, int64), keepdims=0)
    return b.choose(b.gt(count, 0), twice, plain, Aval(int64, x.shape))


def sort_onnx(b: OnnxEmitter, x: Handle, *, axis: int, descending: bool) -> Handle:
    return b.node("GatherElements", x, argsort_onnx(b, x, axis=axis, descending=descending), axis=axis % x.ndim)


def topk_onnx(
    b: OnnxEmitter, x: Handle, *sizes: Handle, shape: tuple[Dim], axis: int, largest: bool
) -> tuple[Handle, Handle]:
    """The first of all. `TopK` itself says where the axis is too short."""
    if x.dtype.kind in "biu":
        count = b.vector(b.resolved(shape, sizes))
        dtypes = (x.dtype, int64)
        return b.nodes("TopK", x, count, dtypes=dtypes, axis=axis % x.ndim, largest=int(largest), sorted=1)
    axes, stop = b.tensor([axis % x.ndim], int64), b.vector(b.resolved(shape, sizes))
    b.require(b.le(stop, b.vector([b.sizes(x)[axis]])), "ValueError: topk: the axis has fewer elements")
    places = argsort_onnx(b, x, axis=axis, descending=largest)
    first = b.node("Slice", places, b.tensor([0], int64), stop, axes)
    return b.node("GatherElements", x, first, axis=axis % x.ndim), first


def searchsorted_onnx(b: OnnxEmitter, sorted_values: Handle, x: Handle, *, side: str) -> Handle:
    """As many places as there are values before it."""
    each = b.node("Unsqueeze", x, b.tensor([x.ndim], int64))
    before = b.le(sorted_values, each) if side == "right" else b.lt(sorted_values, each)
    if x.dtype.kind not in "biu":  # NaN is larger than all
        last = b.ne(each, each)
        before = b.bit_or(before, last if side == "right" else b.bit_and(last, b.eq(sorted_values, sorted_values)))
    return b.node("ReduceSum", b.convert(before, int64), b.tensor([x.ndim], int64), keepdims=0)


def unique_values_onnx(b: OnnxEmitter, x: Handle) -> Handle:
    return b.nodes("Unique", x, dtypes=(x.dtype, int64, int64, int64), sorted=1)[0]


def unique_all_onnx(b: OnnxEmitter, x: Handle) -> tuple[Handle, ...]:
    values, first, inverse, counts = b.nodes("Unique", x, dtypes=(x.dtype, int64, int64, int64), sorted=1)
    return values, first, b.node("Reshape", inverse, b.shape_of(x)), counts
