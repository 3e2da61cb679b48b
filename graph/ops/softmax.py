"""`softmax` and `log_softmax`: weights that sum to one along an axis, and their logarithms."""

import math
from typing import Any

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import float32, is_float
from graph.errors import DTypeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Decomposed
from graph.ir.onnx_form import OnnxRule
from graph.ir.opdef import OpDef, register
from graph.ops.promotion import to_float
from graph.ops.reduce_onnx import softmax_onnx
from graph.ops.shape_rules import normalize_axes, quote, tensor

Axis = int | tuple[int, ...] | None


def infer_softmax(name: str) -> Any:
    """Shape rule: the operand's type, real and floating. `axis` is an int, a tuple, or None for all.

    Source: PyTorch softmax; ONNX Softmax-13, LogSoftmax-13.
    """

    def infer(x: Type, *, axis: Axis) -> Aval:
        aval = tensor(x, name)
        if not is_float(aval.dtype):
            raise DTypeError(f"{quote(name, aval)}: a real floating dtype is needed", next_step="cast with `astype`.")
        normalize_axes(name, axis, aval.ndim)
        return aval

    return infer


def centred(x: Any, axis: Axis) -> Any:
    """`x` less its maximum along `axis`, so that no exponential overflows; 16-bit floats as float32."""
    if x.dtype.kind in "biu":
        x = x.astype(np.float64)
    elif x.dtype.itemsize == 2:
        x = x.astype(np.float32)
    return x - np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)


def result_dtype(x: Any) -> Any:
    return np.float64 if x.dtype.kind in "biu" else x.dtype


def softmax_kernel(x: Any, *, axis: Axis) -> Any:
    weights = np.exp(centred(x, axis))
    weights /= np.add.reduce(weights, axis=axis, keepdims=True)
    return weights.astype(result_dtype(x), copy=False)


def softmax_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: Axis) -> tuple[Any]:
    weighted = b.mul(ct, y)
    return (b.sub(weighted, b.mul(y, b.sum(weighted, axis=axis, keepdims=True))),)


def log_softmax_kernel(x: Any, *, axis: Axis) -> Any:
    shifted = centred(x, axis)
    total = np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)
    total = np.log(np.maximum(total, 1))  # it is below 1 only where the axis is empty
    return (shifted - total).astype(result_dtype(x), copy=False)


def log_softmax_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: Axis) -> tuple[Any]:
    return (b.sub(ct, b.mul(b.exp(y), b.sum(ct, axis=axis, keepdims=True))),)


def _centred_parts(b: Emitter[Any], x: Any, axis: Axis) -> Any:
    wide = b.cast(x, dtype=x.dtype if x.dtype.itemsize > 2 else float32)
    return b.sub(wide, b.max(wide, axis=axis, keepdims=True, initial=-math.inf))


def softmax_parts(b: Emitter[Any], x: Any, *, axis: Axis) -> Any:
    weights = b.exp(_centred_parts(b, x, axis))
    return b.cast(b.div(weights, b.sum(weights, axis=axis, keepdims=True)), dtype=x.dtype)


def log_softmax_parts(b: Emitter[Any], x: Any, *, axis: Axis) -> Any:
    shifted = _centred_parts(b, x, axis)
    total = b.sum(b.exp(shifted), axis=axis, keepdims=True)
    total = b.log(b.maximum(total, 1))  # it is below 1 only where the axis is empty
    return b.cast(b.sub(shifted, total), dtype=x.dtype)


register(
    OpDef(
        "softmax",
        infer=infer_softmax("softmax"),
        kernel=softmax_kernel,
        vjp=softmax_vjp,
        promote=to_float,
        lower=Decomposed(softmax_parts),
        onnx=OnnxRule(softmax_onnx("Softmax")),
    )
)
register(
    OpDef(
        "log_softmax",
        infer=infer_softmax("log_softmax"),
        kernel=log_softmax_kernel,
        vjp=log_softmax_vjp,
        promote=to_float,
        lower=Decomposed(log_softmax_parts),
        onnx=OnnxRule(softmax_onnx("LogSoftmax")),
    )
)
