"""Convolution over any number of spatial axes, and its two gradients, each of which is an op of its own.

`conv` is bilinear, so the three ops are each other's VJPs, to any order. A transposed convolution is `conv_input_grad`.
Layout: x (n, c, *s), w (o, c / groups, *k), result (n, o, *t); as in PyTorch the kernel is not flipped.
"""

import math
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Shape, Type, format_shape, is_static
from graph.dtypes import DType
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Loops
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ops.conv_lowering import conv_input_grad_loops, conv_loops, conv_weight_grad_loops
from graph.ops.cotangent_rules import conj
from graph.ops.promotion import common
from graph.ops.regions import number_unknown
from graph.ops.shape_rules import check_sizes, quote, resolve_shape, tensor, unify_dims
from graph.ops.windows import (
    Padding,
    check_windows,
    inner,
    offsets,
    pad,
    padded_shape,
    sliding,
    window_counts,
    window_dim,
)
from graph.ops.windows_onnx import conv_input_grad_onnx, conv_onnx, conv_weight_grad_onnx

Ints = tuple[int, ...]


def _check_operands(op: str, x: Type, y: Type) -> tuple[Aval, Aval]:
    a, b = tensor(x, op), tensor(y, op)
    if a.dtype != b.dtype or a.dtype.kind == "b":
        raise DTypeError(f"{quote(op, a, b)}: operands must have one numeric dtype", next_step="cast with `astype`.")
    if a.ndim != b.ndim or a.ndim < 3:
        raise ShapeError(
            f"{quote(op, a, b)}: both need a batch or output axis, a channel axis and the same spatial axes"
        )
    return a, b


def _check_fit(described: str, x: Shape, w: Shape, groups: int) -> None:
    channels, per_group, out = x[1], w[1], w[0]
    if isinstance(channels, int) and isinstance(per_group, int) and channels != per_group * groups:
        raise ShapeError(f"{described}: {channels} channels against {per_group} in the weights x {groups} groups")
    if groups < 1 or (isinstance(out, int) and out % groups):
        raise ShapeError(f"{described}: {out} output channels do not divide into {groups} groups")


def _window_dims(op: str, x: Shape, w: Shape, stride: Ints, padding: Padding, dilation: Ints) -> list[Dim]:
    check_windows(op, len(x) - 2, stride, padding, dilation)
    return [window_dim(op, *axis) for axis in zip(x[2:], w[2:], stride, padding, dilation, strict=True)]


def infer_conv(x: Type, w: Type, *, stride: Ints, padding: Padding, dilation: Ints, groups: int) -> Aval:
    """Shape rule of `conv`: x (n, c, *s), w (o, c / groups, *k) -> (n, o, *t).

    t = (s + before + after - dilation * (k - 1) - 1) // stride + 1 for each spatial axis. Dtypes: equal and numeric.
    Raises: ShapeError when channels or groups do not fit, or no window fits. Source: PyTorch conv2d; ONNX Conv-11.
    """
    a, b = _check_operands("conv", x, w)
    _check_fit(quote("conv", a, b), a.shape, b.shape, groups)
    dims = _window_dims("conv", a.shape, b.shape, stride, padding, dilation)
    return tensor(number_unknown((Aval(a.dtype, (a.shape[0], b.shape[0], *dims)),))[0], "conv")


def _check_result(described: str, given: Shape, expected: list[Dim]) -> None:
    if any(unify_dims(a, b) is None for a, b in zip(given[2:], expected, strict=True)):
        sizes = format_shape(tuple(expected))
        raise ShapeError(f"{described}: the convolution gives spatial sizes {sizes}, not {format_shape(given[2:])}")


def infer_conv_input_grad(
    ct: Type, w: Type, *sizes: Type, shape: Shape, stride: Ints, padding: Padding, dilation: Ints, groups: int
) -> Aval:
    """Shape rule of `conv_input_grad`: ct (n, o, *t), w (o, c / groups, *k) -> x of `shape` (n, c, *s).

    `shape` must be one from which `conv` with these attributes gives ct's.
    """
    a, b = _check_operands("conv_input_grad", ct, w)
    check_sizes("conv_input_grad", shape, sizes)
    described = quote("conv_input_grad", a, b)
    if len(shape) != a.ndim or unify_dims(a.shape[1], b.shape[0]) is None or unify_dims(a.shape[0], shape[0]) is None:
        raise ShapeError(f"{described}: the operands do not fit each other or the result {Aval(a.dtype, shape)}")
    _check_fit(described, shape, b.shape, groups)
    _check_result(described, a.shape, _window_dims("conv_input_grad", shape, b.shape, stride, padding, dilation))
    return Aval(a.dtype, shape)


def infer_conv_weight_grad(
    ct: Type, x: Type, *sizes: Type, shape: Shape, stride: Ints, padding: Padding, dilation: Ints, groups: int
) -> Aval:
    """Shape rule of `conv_weight_grad`: ct (n, o, *t), x (n, c, *s) -> w of `shape` (o, c / groups, *k).

    `conv` with weights of that shape and these attributes must give ct's shape.
    """
    a, b = _check_operands("conv_weight_grad", ct, x)
    check_sizes("conv_weight_grad", shape, sizes)
    described = quote("conv_weight_grad", a, b)
    if len(shape) != a.ndim or unify_dims(a.shape[1], shape[0]) is None or unify_dims(a.shape[0], b.shape[0]) is None:
        raise ShapeError(f"{described}: the operands do not fit each other or the result {Aval(a.dtype, shape)}")
    _check_fit(described, b.shape, shape, groups)
    _check_result(described, a.shape, _window_dims("conv_weight_grad", b.shape, shape, stride, padding, dilation))
    return Aval(a.dtype, shape)


def widened(x: Any, y: Any) -> tuple[Any, Any, DType]:
    """Operands to multiply, and the dtype of the result: 16-bit floats are multiplied and summed in float32."""
    dtype = np.result_type(x.dtype, y.dtype)
    if dtype.itemsize == 2 and dtype.kind not in "iu":
        return x.astype(np.float32), y.astype(np.float32), dtype
    return x, y, dtype


def conv_kernel(x: Any, w: Any, *, stride: Ints, padding: Padding, dilation: Ints, groups: int) -> Any:
    """im2col, then one matrix product for each image and group, which lands in the layout of the result."""
    x, w, dtype = widened(x, w)
    n, c = x.shape[:2]
    o, extents = w.shape[0], w.shape[2:]
    counts = window_counts(x.shape[2:], extents, stride, padding, dilation)
    view = sliding(pad(x, padding, 0), extents, counts, stride, dilation)
    depth, length = math.prod(w.shape[1:]), math.prod(counts)
    if c != w.shape[1] * groups:
        raise ValueError(f"conv: {c} channels against {w.shape[1]} in the weights x {groups} groups")
    columns = view.reshape((n, depth, length) if groups == 1 else (n, groups, depth, length))
    weights = w.reshape((o, depth) if groups == 1 else (groups, o // groups, depth))
    return np.matmul(weights, columns).reshape(n, o, *counts).astype(dtype, copy=False)


def conv_input_grad_kernel(
    ct: Any, w: Any, *sizes: Any, shape: Shape, stride: Ints, padding: Padding, dilation: Ints, groups: int
) -> Any:
    """One matrix product for each image and group, then col2im: an addition for each offset in the window."""
    ct, w, dtype = widened(ct, w)
    dims = resolve_shape(shape, sizes)
    n, o, counts, extents = dims[0], w.shape[0], ct.shape[2:], w.shape[2:]
    depth, length = math.prod(w.shape[1:]), math.prod(counts)
    weights = w.reshape(groups, o // groups, depth).swapaxes(-1, -2)
    columns = np.matmul(weights, ct.reshape(n, groups, o // groups, length)).reshape(n, dims[1], *extents, *counts)
    total = np.zeros(padded_shape(dims, padding), columns.dtype)
    for offset, at in offsets(extents, counts, stride, dilation):
        held = total[at]
        held += columns[(slice(None), slice(None), *offset)]
    return total[inner(dims, padding)].astype(dtype, copy=False)


def conv_weight_grad_kernel(
    ct: Any, x: Any, *sizes: Any, shape: Shape, stride: Ints, padding: Padding, dilation: Ints, groups: int
) -> Any:
    """One matrix product for each image and group, or where that leaves much to sum, one for each group."""
    ct, x, dtype = widened(ct, x)
    dims = resolve_shape(shape, sizes)
    n, o, counts, extents = ct.shape[0], dims[0], ct.shape[2:], dims[2:]
    depth, length = math.prod(dims[1:]), math.prod(counts)
    view = sliding(pad(x, padding, 0), extents, counts, stride, dilation)
    if n == 1 or 4 * o < length:
        columns = view.reshape(n, groups, depth, length)
        rows = ct.reshape(n, groups, o // groups, length)
        total = np.add.reduce(np.matmul(rows, columns.swapaxes(-1, -2)), axis=0)
    else:
        columns = np.moveaxis(view, 0, 1 + len(extents)).reshape(groups, depth, n * length)
        rows = ct.swapaxes(0, 1).reshape(groups, o // groups, n * length)
        total = np.matmul(rows, columns.swapaxes(-1, -2))
    return total.reshape(dims).astype(dtype, copy=False)


def input_grad(b: Emitter[Any], ct: Any, w: Any, x: Any, **windows: Any) -> Any:
    """`conv_input_grad` with the shape of `x`."""
    shape, sizes = b.split_shape(b.shape_of(x))
    return b.conv_input_grad(ct, w, *sizes, shape=shape, **windows)


def weight_grad(b: Emitter[Any], ct: Any, x: Any, w: Any, **windows: Any) -> Any:
    """`conv_weight_grad` with the shape of `w`."""
    shape, sizes = b.split_shape(b.shape_of(w))
    return b.conv_weight_grad(ct, x, *sizes, shape=shape, **windows)


def conv_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, w: Any, **windows: Any) -> tuple[Any, Any]:
    by_x = input_grad(b, ct, conj(b, w), x, **windows) if b.wants(x) else None
    by_w = weight_grad(b, ct, conj(b, x), w, **windows) if b.wants(w) else None
    return by_x, by_w


def conv_input_grad_vjp(
    b: Emitter[Any], ct: Any, x: Any, y: Any, w: Any, *sizes: Any, shape: Shape, **windows: Any
) -> tuple[Any, ...]:
    by_y = b.conv(ct, conj(b, w), **windows) if b.wants(y) else None
    by_w = weight_grad(b, conj(b, y), ct, w, **windows) if b.wants(w) else None
    return by_y, by_w, *(None for _ in sizes)


def conv_weight_grad_vjp(
    b: Emitter[Any], ct: Any, w: Any, y: Any, x: Any, *sizes: Any, shape: Shape, **windows: Any
) -> tuple[Any, ...]:
    by_y = b.conv(conj(b, x), ct, **windows) if b.wants(y) else None
    by_x = input_grad(b, conj(b, y), ct, x, **windows) if b.wants(x) else None
    return by_y, by_x, *(None for _ in sizes)


def conv_effect(op: Op) -> Effect:
    """CAN_FAIL where a size that must fit is known only at run time (any batch size fits)."""
    x, y = (v.shape for v in op.operands[:2])
    return Effect.PURE if is_static(x[1:]) and is_static(y[1:]) else Effect.CAN_FAIL


register(
    OpDef(
        "conv",
        infer=infer_conv,
        kernel=conv_kernel,
        vjp=conv_vjp,
        promote=common(),
        effect=conv_effect,
        lower=Loops(conv_loops),
        onnx=OnnxRule(conv_onnx),
    )
)
register(
    OpDef(
        "conv_input_grad",
        infer=infer_conv_input_grad,
        kernel=conv_input_grad_kernel,
        vjp=conv_input_grad_vjp,
        promote=common(0, 2),
        effect=conv_effect,
        lower=Loops(conv_input_grad_loops),
        onnx=OnnxRule(conv_input_grad_onnx),
    )
)
register(
    OpDef(
        "conv_weight_grad",
        infer=infer_conv_weight_grad,
        kernel=conv_weight_grad_kernel,
        vjp=conv_weight_grad_vjp,
        promote=common(0, 2),
        effect=conv_effect,
        lower=Loops(conv_weight_grad_loops),
        onnx=OnnxRule(conv_weight_grad_onnx),
    )
)
