"""Order in ONNX: `TopK`, which keeps the order of equal elements."""

from typing import Any

from graph.aval import Dim
from graph.dtypes import int64
from graph.ir.onnx_form import Handle, OnnxEmitter


def _sorted(b: OnnxEmitter, x: Handle, k: Any, axis: int, largest: bool) -> tuple[Handle, Handle]:
    values, places = b.nodes(
        "TopK", x, b.vector([k]), dtypes=(x.dtype, int64), axis=axis % x.ndim, largest=int(largest), sorted=1
    )
    return values, places


def sort_onnx(b: OnnxEmitter, x: Handle, *, axis: int, descending: bool) -> Handle:
    return _sorted(b, x, b.sizes(x)[axis], axis, descending)[0]


def argsort_onnx(b: OnnxEmitter, x: Handle, *, axis: int, descending: bool) -> Handle:
    return _sorted(b, x, b.sizes(x)[axis], axis, descending)[1]


def topk_onnx(
    b: OnnxEmitter, x: Handle, *sizes: Handle, shape: tuple[Dim], axis: int, largest: bool
) -> tuple[Handle, Handle]:
    return _sorted(b, x, b.resolved(shape, sizes)[0], axis, largest)


def searchsorted_onnx(b: OnnxEmitter, sorted_values: Handle, x: Handle, *, side: str) -> Handle:
    """As many places as there are values before it."""
    each = b.node("Unsqueeze", x, b.tensor([x.ndim], int64))
    before = b.le(sorted_values, each) if side == "right" else b.lt(sorted_values, each)
    return b.node("ReduceSum", b.convert(before, int64), b.tensor([x.ndim], int64), keepdims=0)


def unique_values_onnx(b: OnnxEmitter, x: Handle) -> Handle:
    return b.nodes("Unique", x, dtypes=(x.dtype, int64, int64, int64), sorted=1)[0]


def unique_all_onnx(b: OnnxEmitter, x: Handle) -> tuple[Handle, ...]:
    values, first, inverse, counts = b.nodes("Unique", x, dtypes=(x.dtype, int64, int64, int64), sorted=1)
    return values, first, b.node("Reshape", inverse, b.shape_of(x)), counts
