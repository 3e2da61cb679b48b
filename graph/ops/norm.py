"""Norms of vectors and of matrices. 16-bit floats are summed in float32; integers count as float64."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import DType, float32, float64, is_complex, is_float, real_of
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Decomposed
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, Operand, register
from graph.ops.matrices import matrices, to_lapack
from graph.ops.promotion import common
from graph.ops.reduce import check_not_empty, expanded, may_be_empty
from graph.ops.shape_rules import normalize_axes, quote, reduced_shape, tensor

Axis = int | tuple[int, ...] | None
MATRIX_ORDERS: Final = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def infer_vector_norm(x: Type, *, ord: float, axis: Axis, keepdims: bool) -> Aval:
    """Shape rule of `vector_norm`: a reduction over `axis` by (sum |x|**ord)**(1/ord).

    inf and -inf take the largest and smallest |x|, 0 counts what is not zero. The result is real.
    Source: array API vector_norm.
    """
    aval = tensor(x, "vector_norm")
    if not (is_float(aval.dtype) or is_complex(aval.dtype)):
        raise DTypeError(f"{quote('vector_norm', aval)}: a floating dtype is needed", next_step="cast with `astype`.")
    axes = normalize_axes("vector_norm", axis, aval.ndim)
    if math.isinf(ord):
        check_not_empty("vector_norm", aval, axes)
    return Aval(real_of(aval.dtype), reduced_shape(aval.shape, axes, keepdims))


def vector_norm_kernel(x: Any, *, ord: float, axis: Axis, keepdims: bool) -> Any:
    if x.dtype.kind in "biu":
        x = x.astype(np.float64)
    dtype = x.real.dtype
    size = np.absolute(x.astype(np.float32) if dtype.itemsize == 2 else x)
    match ord:
        case math.inf:
            norm = np.maximum.reduce(size, axis=axis, keepdims=keepdims)
        case _ if ord == -math.inf:
            norm = np.minimum.reduce(size, axis=axis, keepdims=keepdims)
        case 0:
            norm = np.add.reduce(size != 0, axis=axis, keepdims=keepdims)
        case 1:
            norm = np.add.reduce(size, axis=axis, keepdims=keepdims)
        case 2:
            norm = np.sqrt(np.add.reduce(size * size, axis=axis, keepdims=keepdims))
        case _:
            norm = np.add.reduce(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)
    return norm.astype(dtype, copy=False)


def vector_norm_parts(b: Emitter[Any], x: Any, *, ord: float, axis: Axis, keepdims: bool) -> Any:
    """As the kernel. The squares of complex numbers need no roots."""
    dtype, how = real_of(x.dtype), {"axis": axis, "keepdims": keepdims}
    if ord == 0:
        return b.cast(b.count_nonzero(x, **how), dtype=dtype)
    wide = b.cast(x, dtype=float32) if dtype.itemsize == 2 else x
    match ord:
        case math.inf:
            norm = b.max(b.abs(wide), **how)
        case _ if ord == -math.inf:
            norm = b.min(b.abs(wide), **how)
        case 1:
            norm = b.sum(b.abs(wide), **how)
        case 2 if is_complex(x.dtype):
            re, im = b.real(wide), b.imag(wide)
            norm = b.sqrt(b.sum(b.add(b.mul(re, re), b.mul(im, im)), **how))
        case 2:
            norm = b.sqrt(b.sum(b.mul(wide, wide), **how))
        case _:
            norm = b.pow(b.sum(b.pow(b.abs(wide), ord), **how), 1 / ord)
    return b.cast(norm, dtype=dtype) if dtype.itemsize == 2 else norm


def vector_norm_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, ord: float, axis: Axis, keepdims: bool) -> tuple[Any]:
    """Zero where the norm is; at several largest elements, shared evenly."""
    if ord == 0:
        return (None,)
    ct, y = expanded(b, ct, x, axis, keepdims), expanded(b, y, x, axis, keepdims)
    if ord == 1:
        return (b.mul(ct, b.sign(x)),)
    if math.isinf(ord):
        return (b.mul(b.mul(ct, evenly(b, b.eq(b.abs(x), y), axis, y)), b.sign(x)),)
    safe = b.where(b.eq(y, 0), 1, y)
    if ord == 2:
        return (b.mul(b.div(ct, safe), x),)
    size = b.abs(x)
    ratio = b.div(b.where(b.eq(size, 0), 1, size), safe)
    return (b.mul(b.mul(ct, b.pow(ratio, ord - 1)), b.sign(x)),)


def evenly(b: Emitter[Any], chosen: Any, axis: Axis, like: Any) -> Any:
    """Weights of equal size on what is chosen, which sum to one along `axis`; in the dtype of `like`."""
    weights = b.cast(chosen, dtype=like.dtype)
    return b.div(weights, b.sum(weights, axis=axis, keepdims=True))


def infer_matrix_norm(x: Type, *, ord: Any, keepdims: bool) -> Aval:
    """Shape rule of `matrix_norm`: (*b, m, n) -> (*b), real.

    "fro" is the root of the sum of squares, "nuc" the sum of singular values, 2 and -2 the largest and smallest of
    them, 1 and -1 of the column sums of |x|, inf and -inf of the row sums. Source: array API matrix_norm.
    """
    aval = matrices("matrix_norm", x)
    if ord not in MATRIX_ORDERS:
        raise ShapeError(f"`matrix_norm`: the order is one of {MATRIX_ORDERS}, not {ord!r}")
    if ord not in ("fro", "nuc"):
        check_not_empty("matrix_norm", aval, (aval.ndim - 2, aval.ndim - 1))
    return Aval(real_of(aval.dtype), reduced_shape(aval.shape, (aval.ndim - 2, aval.ndim - 1), keepdims))


def matrix_norm_kernel(x: Any, *, ord: Any, keepdims: bool) -> Any:
    return np.linalg.norm(x, ord, (-2, -1), keepdims)


def matrix_norm_parts(b: Emitter[Any], x: Any, *, ord: Any, keepdims: bool) -> Any:
    """By sums, or by singular values."""
    last_two = (-2, -1)
    if ord == "fro":
        return vector_norm_parts(b, x, ord=2, axis=last_two, keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        _, values, _ = b.svd(x, full_matrices=False)
        norm = {"nuc": b.sum, 2: b.max, -2: b.min}[ord](values, axis=-1, keepdims=keepdims)
        return b.expand_dims(norm, axis=(norm.ndim,)) if keepdims else norm
    sums = b.sum(b.abs(x), axis=-2 if abs(ord) == 1 else -1, keepdims=True)
    return (b.max if ord > 0 else b.min)(sums, axis=last_two, keepdims=keepdims)


def matrix_norm_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, ord: Any, keepdims: bool) -> tuple[Any]:
    last_two = (-2, -1)
    ct, y = expanded(b, ct, x, last_two, keepdims), expanded(b, y, x, last_two, keepdims)
    if ord == "fro":
        return vector_norm_vjp(b, ct, y, x, ord=2, axis=last_two, keepdims=True)
    if ord in ("nuc", 2, -2):
        return (b.mul(ct, _singular_direction(b, x, ord)),)
    sums = b.sum(b.abs(x), axis=-2 if abs(ord) == 1 else -1, keepdims=True)
    extreme = b.max(sums, axis=last_two, keepdims=True) if ord > 0 else b.min(sums, axis=last_two, keepdims=True)
    return (b.mul(b.mul(ct, evenly(b, b.eq(sums, extreme), last_two, y)), b.sign(x)),)


def _singular_direction(b: Emitter[Any], x: Any, ord: Any) -> Any:
    """u diag(weights) v, the gradient of a norm of the singular values.

    Source: Watson 1992, "Characterization of the subdifferential of some matrix norms".
    """
    u, s, v = b.svd(x, full_matrices=False)
    if ord == "nuc":
        weights = b.cast(b.gt(s, 0), dtype=s.dtype)
    else:
        extreme = b.max(s, axis=-1, keepdims=True) if ord == 2 else b.min(s, axis=-1, keepdims=True)
        weights = evenly(b, b.eq(s, extreme), -1, s)
    return b.matmul(b.mul(u, b.expand_dims(weights, axis=(weights.ndim - 1,))), v)


def vector_norm_effect(op: Op) -> Effect:
    order: Any = op.attrs["ord"]
    return may_be_empty(op) if math.isinf(order) else Effect.PURE


def promote_inexact(operands: Sequence[Operand]) -> tuple[DType, ...]:
    """Integers and bools become float64; the rest is kept."""
    return tuple(float64 if dtype.kind in "biu" else dtype for dtype in common()(operands))


register(
    OpDef(
        "vector_norm",
        infer=infer_vector_norm,
        kernel=vector_norm_kernel,
        vjp=vector_norm_vjp,
        promote=promote_inexact,
        effect=vector_norm_effect,
        lower=Decomposed(vector_norm_parts),
    )
)
register(
    OpDef(
        "matrix_norm",
        infer=infer_matrix_norm,
        kernel=matrix_norm_kernel,
        vjp=matrix_norm_vjp,
        promote=to_lapack,
        effect=Effect.CAN_FAIL,
        lower=Decomposed(matrix_norm_parts),
    )
)
