"""Ops that make tensors from nothing, and those that look at a tensor's type: sizes and casts."""

from typing import Any

import numpy as np

from graph.aval import Aval, Shape, Type, scalar
from graph.dtypes import DType, int64, is_differentiable
from graph.errors import DTypeError
from graph.ir.emitter import Emitter
from graph.ir.opdef import NotDifferentiable, OpDef, register
from graph.ops.shape_rules import check_sizes, normalize_axis, resolve_shape, tensor

NO_OPERANDS = NotDifferentiable("there is no tensor operand")


def infer_constant(*, value: np.ndarray) -> Aval:
    """Shape rule of `constant`: the type of its value."""
    return Aval(value.dtype, value.shape)


def constant_kernel(*, value: np.ndarray) -> Any:
    return value[()]


def infer_full(*sizes: Type, shape: Shape, value: Any, dtype: DType) -> Aval:
    """Shape rule of `full`: the shape attribute; a size operand for each symbolic dim."""
    check_sizes("full", shape, sizes)
    return Aval(dtype, shape)


def full_kernel(*sizes: Any, shape: Shape, value: Any, dtype: DType) -> np.ndarray:
    return np.full(resolve_shape(shape, sizes), value, dtype)


def infer_dim(x: Type, *, axis: int) -> Aval:
    """Shape rule of `dim`: the size of one axis, 0-d int64."""
    normalize_axis("dim", axis, tensor(x, "dim").ndim)
    return scalar(int64)


def dim_kernel(x: np.ndarray, *, axis: int) -> Any:
    return np.int64(x.shape[axis])


def infer_cast(x: Type, *, dtype: DType) -> Aval:
    """Shape rule of `cast`: any dtype to any other, but complex to real (take `real` first)."""
    aval = tensor(x, "cast")
    if aval.dtype.kind == "c" and dtype.kind not in "cb":
        raise DTypeError(f"`cast` of {aval} to {dtype} would lose the imaginary part", next_step="use `real(x)`.")
    return Aval(dtype, aval.shape)


def cast_kernel(x: Any, *, dtype: DType) -> Any:
    return x.astype(dtype)


def cast_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, dtype: DType) -> tuple[Any]:
    if not is_differentiable(x.dtype):
        return (None,)
    if ct.dtype.kind == "c" and x.dtype.kind != "c":
        ct = b.real(ct)
    return (b.cast(ct, dtype=x.dtype),)


register(OpDef("constant", infer=infer_constant, kernel=constant_kernel, vjp=NO_OPERANDS, promote=None))
register(OpDef("full", infer=infer_full, kernel=full_kernel, vjp=NO_OPERANDS, promote=None))
register(OpDef("dim", infer=infer_dim, kernel=dim_kernel, vjp=NotDifferentiable("a size is an integer"), promote=None))
register(OpDef("cast", infer=infer_cast, kernel=cast_kernel, vjp=cast_vjp, promote=None))
