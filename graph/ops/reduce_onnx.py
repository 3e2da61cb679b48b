"""Reductions in ONNX. Sums and products are made in the dtype of the result."""

from typing import Any

from graph.aval import Aval
from graph.dtypes import bool_, int64
from graph.ir.onnx_form import AS_LOWERED, Handle, OnnxEmitter
from graph.ops.running import sum_dtype
from graph.ops.shape_rules import normalize_axes

Axis = int | tuple[int, ...] | None


def reduced_by(b: OnnxEmitter, op_type: str, x: Handle, wide: Any, axis: Axis, keepdims: bool) -> Handle:
    """A node that reduces `wide`, which is `x` in some dtype, over the axes that are named for `x`."""
    axes = normalize_axes(op_type, axis, x.ndim)
    if not axes:
        return wide
    return b.node(op_type, wide, b.tensor(axes, int64), keepdims=int(keepdims))


def sum_onnx(b: OnnxEmitter, x: Handle, *, axis: Axis = None, keepdims: bool = False) -> Handle:
    return reduced_by(b, "ReduceSum", x, b.convert(x, sum_dtype(x.type)), axis, keepdims)


def prod_onnx(b: OnnxEmitter, x: Handle, *, axis: Axis = None, keepdims: bool = False) -> Handle:
    return reduced_by(b, "ReduceProd", x, b.convert(x, sum_dtype(x.type)), axis, keepdims)


def extreme_onnx(op_type: str) -> Any:
    """The largest or the smallest; of floats NaN where one is there, which the kernels do not say."""

    def rule(
        b: OnnxEmitter, x: Handle, *, axis: Axis = None, keepdims: bool = False, initial: float | None = None
    ) -> Handle:
        found = reduced_by(b, op_type, x, x, axis, keepdims)
        if initial is not None:
            found = b.node("Max", found, b.tensor(initial, x.dtype))
        if x.dtype.kind in "biu":
            return found
        is_nan = b.convert(b.ne(x, x), int64)
        count = reduced_by(b, "ReduceSum", x, is_nan, axis, keepdims)
        return b.select(b.gt(count, 0), b.tensor(float("nan"), x.dtype), found)

    return rule


def place_onnx(op_type: str) -> Any:
    """Where the largest or the smallest is: the first of equals, and of NaNs where there are any."""

    def rule(b: OnnxEmitter, x: Handle, *, axis: int | None = None, keepdims: bool = False) -> Handle:
        flat, at = (b.reshape(x, [-1]), 0) if axis is None else (x, axis)
        found = b.node(op_type, flat, axis=at, keepdims=int(keepdims or axis is None), dtype=int64)
        if x.dtype.kind not in "biu":
            is_nan = b.convert(b.ne(flat, flat), int64)
            first = b.node("ArgMax", is_nan, axis=at, keepdims=int(keepdims or axis is None), dtype=int64)
            count = b.node("ReduceSum", is_nan, b.tensor([at], int64), keepdims=int(keepdims or axis is None))
            found = b.select(b.gt(count, 0), first, found)
        return b.reshape(found, [1] * x.ndim if keepdims else []) if axis is None else found

    return rule


def count_onnx(b: OnnxEmitter, x: Handle, *, axis: Axis = None, keepdims: bool = False) -> Handle:
    return reduced_by(b, "ReduceSum", x, b.convert(b.convert(x, bool_), int64), axis, keepdims)


def any_onnx(b: OnnxEmitter, x: Handle, *, axis: Axis = None, keepdims: bool = False) -> Handle:
    return b.gt(count_onnx(b, x, axis=axis, keepdims=keepdims), 0)


def all_onnx(b: OnnxEmitter, x: Handle, *, axis: Axis = None, keepdims: bool = False) -> Handle:
    wrong = b.convert(b.bit_not(b.convert(x, bool_)), int64)
    return b.eq(reduced_by(b, "ReduceSum", x, wrong, axis, keepdims), 0)


def sum_to_onnx(b: OnnxEmitter, ct: Handle, x: Handle) -> Handle:
    """The axes that are known to have been repeated are summed; one that may be 1 or not, where it is."""
    if ct.shape == x.shape:
        return ct
    lead = ct.ndim - x.ndim
    known = [i for i, d in enumerate(ct.shape) if i < lead or (x.shape[i - lead] == 1 and d != 1)]
    total = reduced_by(b, "ReduceSum", ct, ct, tuple(known), True) if known else ct
    total = b.reshape(total, [1 if i in known else d for i, d in enumerate(b.sizes(ct))][lead:]) if lead else total
    for i, size in enumerate(b.sizes(x)):
        if i + lead in known or isinstance(size, int) or x.shape[i] == ct.shape[i + lead]:
            continue
        total = _summed_where_one(b, total, i, size, Aval(ct.dtype, x.shape))
    return total


def _summed_where_one(b: OnnxEmitter, total: Handle, axis: int, size: Handle, t: Aval) -> Handle:
    def summed() -> Handle:
        return b.node("ReduceSum", total, b.tensor([axis], int64), keepdims=1)

    def same() -> Handle:
        return total

    return b.choose(b.eq(size, 1), summed, same, t)


def softmax_onnx(op_type: str) -> Any:
    """One axis, as the nodes have it."""

    def rule(b: OnnxEmitter, x: Handle, *, axis: Axis) -> Handle:
        if x.ndim and isinstance(axis, int) and x.shape[axis] != 0:
            return b.node(op_type, x, axis=axis % x.ndim)
        return AS_LOWERED

    return rule
