"""Constants, sizes and ranges in ONNX."""

from collections.abc import Sequence
from typing import Any

from graph.aval import Shape
from graph.dtypes import DType, int64
from graph.ir.onnx_form import AS_LOWERED, Handle, OnnxEmitter


def constant_onnx(b: OnnxEmitter, *, value: Any) -> Handle:
    return b.tensor(value, value.dtype)


def full_onnx(b: OnnxEmitter, *sizes: Handle, shape: Shape, value: Any, dtype: DType) -> Handle:
    return b.node("Expand", b.tensor(value, dtype), b.vector(b.resolved(shape, sizes)))


def dim_onnx(b: OnnxEmitter, x: Handle, *, axis: int) -> Handle:
    size = b.sizes(x)[axis]
    return b.tensor(size, int64) if isinstance(size, int) else size


def arange_onnx(b: OnnxEmitter, *dynamic: Handle, start: Any, stop: Any, step: Any, dtype: DType) -> Handle:
    """`Range` computes each element as NumPy does, from the start and the step."""
    if dtype.kind not in "if" or any(x.dtype != dtype for x in dynamic) or not _fits((start, stop, step), dtype):
        return AS_LOWERED
    rest = iter(dynamic)
    return b.node("Range", *(next(rest) if bound == "$" else b.tensor(bound, dtype) for bound in (start, stop, step)))


def _fits(bounds: Sequence[Any], dtype: DType) -> bool:
    return all(isinstance(bound, str | int) or dtype.kind == "f" for bound in bounds)
