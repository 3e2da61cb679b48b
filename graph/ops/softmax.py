"""`softmax` and `log_softmax`: weights that sum to one along an axis, and their logarithms."""

from typing import Any

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import is_float
from graph.errors import DTypeError
from graph.ir.emitter import Emitter
from graph.ir.opdef import OpDef, register
from graph.ops.promotion import to_float
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


register(OpDef("softmax", infer=infer_softmax("softmax"), kernel=softmax_kernel, vjp=softmax_vjp, promote=to_float))
register(
    OpDef(
        "log_softmax",
        infer=infer_softmax("log_softmax"),
        kernel=log_softmax_kernel,
        vjp=log_softmax_vjp,
        promote=to_float,
    )
)
