"""Pooling over the trailing axes: `max_pool` and `avg_pool`, and the linear ops that are their gradients.

`max_pool` is differentiated through the positions of its maxima: `pool_take` reads at positions, `pool_add` adds there,
and each is the VJP of the other, so gradients of any order work.
"""

import functools
import math
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Shape, Type, is_static
from graph.dtypes import int64, is_complex, is_float
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Loops
from graph.ir.onnx_form import NoOnnx, OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, register
from graph.ops.pool_lowering import (
    avg_pool_grad_loops,
    avg_pool_loops,
    max_pool_loops,
    max_pool_positions_loops,
    pool_add_loops,
    pool_take_loops,
)
from graph.ops.promotion import to_float
from graph.ops.regions import number_unknown
from graph.ops.shape_rules import check_sizes, quote, resolve_shape, tensor, unify_dims
from graph.ops.windows import Padding, check_windows, inner, offsets, pad, padded_shape, window_counts, window_dim
from graph.ops.windows_onnx import avg_pool_onnx, max_pool_onnx, max_pool_positions_onnx, pool_add_onnx, pool_take_onnx

Ints = tuple[int, ...]


def pooled_shape(op: str, x: Aval, kernel: Ints, stride: Ints, padding: Padding) -> Shape:
    """(*lead, *s) -> (*lead, *t); no window may lie wholly in the padding."""
    spatial = len(kernel)
    if not 0 < spatial <= x.ndim:
        raise ShapeError(f"{quote(op, x)}: a kernel of {spatial} axes needs a tensor of as many or more")
    ones = (1,) * spatial
    check_windows(op, spatial, stride, padding, ones)
    if min(kernel) < 1 or any(max(pair) >= k for pair, k in zip(padding, kernel, strict=True)):
        raise ShapeError(f"{quote(op, x)}: padding {padding} must be smaller than the kernel {kernel}")
    lead = x.ndim - spatial
    axes = zip(x.shape[lead:], kernel, stride, padding, ones, strict=True)
    dims: list[Dim] = [window_dim(op, *axis) for axis in axes]
    return tensor(number_unknown((Aval(x.dtype, (*x.shape[:lead], *dims)),))[0], op).shape


def _real(op: str, x: Type) -> Aval:
    aval = tensor(x, op)
    if is_complex(aval.dtype) or aval.dtype.kind == "b":
        raise DTypeError(f"{quote(op, aval)}: real numbers are needed")
    return aval


def infer_max_pool(x: Type, *, kernel: Ints, stride: Ints, padding: Padding) -> Aval:
    """Shape rule of `max_pool`: (*lead, *s) -> (*lead, *t), t = (s + before + after - kernel) // stride + 1.

    Padding never wins. NaN wins over all. Dtypes: real. Raises: ShapeError when no window fits.
    """
    aval = _real("max_pool", x)
    return Aval(aval.dtype, pooled_shape("max_pool", aval, kernel, stride, padding))


def lowest(x: Any) -> Any:
    """What loses against every value of the dtype of `x`."""
    return np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf


def max_pool_kernel(x: Any, *, kernel: Ints, stride: Ints, padding: Padding) -> Any:
    ones = (1,) * len(kernel)
    counts = window_counts(x.shape[x.ndim - len(kernel) :], kernel, stride, padding, ones)
    padded = pad(x, padding, lowest(x))
    views = (padded[at] for _, at in offsets(kernel, counts, stride, ones))
    best = next(views).copy()
    for view in views:
        np.maximum(best, view, out=best)
    return best


def max_pool_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, *, kernel: Ints, stride: Ints, padding: Padding
) -> tuple[Any]:
    positions = b.max_pool_positions(x, kernel=kernel, stride=stride, padding=padding)
    return (pool_add_like(b, ct, positions, x, len(kernel)),)


def infer_max_pool_positions(x: Type, *, kernel: Ints, stride: Ints, padding: Padding) -> Aval:
    """Shape rule of `max_pool_positions`: the shape of `max_pool`, i64: where each maximum stands among the row-major
    elements of the spatial axes. The first of equals."""
    aval = _real("max_pool_positions", x)
    return Aval(int64, pooled_shape("max_pool_positions", aval, kernel, stride, padding))


def max_pool_positions_kernel(x: Any, *, kernel: Ints, stride: Ints, padding: Padding) -> Any:
    ones = (1,) * len(kernel)
    spatial = x.shape[x.ndim - len(kernel) :]
    counts = window_counts(spatial, kernel, stride, padding, ones)
    padded = pad(x, padding, lowest(x))
    has_nan = x.dtype.kind not in "iu" and bool(np.isnan(np.maximum.reduce(x, axis=None, initial=-np.inf)))
    views = (padded[at] for _, at in offsets(kernel, counts, stride, ones))
    best = next(views).copy()
    winner = np.zeros(best.shape, np.int64)
    for number, view in enumerate(views, 1):
        better = view > best
        if has_nan:
            better |= np.isnan(view) & ~np.isnan(best)
        np.maximum(best, view, out=best)
        np.maximum(winner, better * np.int64(number), out=winner)
    windows = math.prod(counts)
    winner *= windows
    winner += np.arange(windows).reshape(counts)
    return position_table(spatial, kernel, stride, padding).take(winner)


@functools.lru_cache(maxsize=256)
def position_table(spatial: Ints, kernel: Ints, stride: Ints, padding: Padding) -> np.ndarray:
    """Where each offset of the kernel stands, in each window, among the row-major elements: (offsets, windows), flat.

    What is padding stands at the border: a window of lowest values alone may seem to be won by its padding.
    """
    counts = window_counts(spatial, kernel, stride, padding, (1,) * len(kernel))
    count = len(kernel)
    table = np.zeros((), np.int64)
    for axis in range(count):
        within = np.arange(kernel[axis]).reshape((-1,) + (1,) * (2 * count - 1 - axis))
        first = np.arange(counts[axis]) * stride[axis] - padding[axis][0]
        first = first.reshape((-1,) + (1,) * (count - 1 - axis))
        table = table * spatial[axis] + np.clip(first + within, 0, spatial[axis] - 1)
    return table.reshape(-1)


def _check_positions(op: str, lead: Shape, positions: Aval, spatial: int) -> None:
    own = positions.shape[: positions.ndim - spatial]
    if positions.dtype != int64:
        raise DTypeError(f"`{op}`: positions must be i64, not {positions}")
    if len(own) != len(lead) or any(unify_dims(a, b) is None for a, b in zip(own, lead, strict=True)):
        raise ShapeError(f"`{op}`: positions {positions} do not fit leading axes {lead}")


def infer_pool_take(x: Type, positions: Type, *, spatial: int) -> Aval:
    """Shape rule of `pool_take`: x (*lead, *s), positions i64 (*lead, *t) -> (*lead, *t).

    A position counts the row-major elements of the `spatial` trailing axes of `x`.
    """
    aval, at = tensor(x, "pool_take"), tensor(positions, "pool_take")
    _check_positions("pool_take", aval.shape[: aval.ndim - spatial], at, spatial)
    return Aval(aval.dtype, at.shape)


def pool_take_kernel(x: Any, positions: Any, *, spatial: int) -> Any:
    rows, row_length = _rows(x.shape, spatial)
    at = positions.reshape(rows, _rows(positions.shape, spatial)[1])
    return np.take_along_axis(x.reshape(rows, row_length), at, 1).reshape(positions.shape)


def _rows(shape: tuple[int, ...], spatial: int) -> tuple[int, int]:
    lead = len(shape) - spatial
    return math.prod(shape[:lead]), math.prod(shape[lead:])


def pool_take_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, positions: Any, *, spatial: int) -> tuple[Any, None]:
    return pool_add_like(b, ct, positions, x, spatial), None


def pool_add_like(b: Emitter[Any], values: Any, positions: Any, x: Any, spatial: int) -> Any:
    """`pool_add` with the shape of `x`."""
    shape, sizes = b.split_shape(b.shape_of(x))
    return b.pool_add(values, positions, *sizes, shape=shape, spatial=spatial)


def infer_pool_add(values: Type, positions: Type, *sizes: Type, shape: Shape, spatial: int) -> Aval:
    """Shape rule of `pool_add`: values (*lead, *t), positions i64 of that shape -> `shape` (*lead, *s).

    Zeros, plus each value at its position, see `pool_take`; values at one position add up.
    """
    aval, at = tensor(values, "pool_add"), tensor(positions, "pool_add")
    check_sizes("pool_add", shape, sizes)
    if not is_float(aval.dtype):
        raise DTypeError(f"{quote('pool_add', aval, at)}: real floating values are needed")
    _check_positions("pool_add", shape[: len(shape) - spatial], at, spatial)
    return Aval(aval.dtype, shape)


def pool_add_kernel(values: Any, positions: Any, *sizes: Any, shape: Shape, spatial: int) -> Any:
    dims = resolve_shape(shape, sizes)
    rows, row_length = _rows(dims, spatial)
    at = positions.reshape(rows, _rows(positions.shape, spatial)[1]) + np.arange(rows)[:, None] * row_length
    flat = np.bincount(at.reshape(-1), values.reshape(-1), rows * row_length)
    return flat.astype(values.dtype, copy=False).reshape(dims)


def pool_add_vjp(
    b: Emitter[Any], ct: Any, y: Any, values: Any, positions: Any, *sizes: Any, shape: Shape, spatial: int
) -> tuple[Any, ...]:
    return b.pool_take(ct, positions, spatial=spatial), None, *(None for _ in sizes)


def infer_avg_pool(x: Type, *, kernel: Ints, stride: Ints, padding: Padding, include_pad: bool) -> Aval:
    """Shape rule of `avg_pool`: (*lead, *s) -> (*lead, *t) as `max_pool`.

    `include_pad` says whether padding counts as zeros or is left out of the mean. Dtypes: real floating.
    """
    aval = _real("avg_pool", x)
    if not is_float(aval.dtype):
        raise DTypeError(f"{quote('avg_pool', aval)}: a floating dtype is needed", next_step="cast with `astype`.")
    return Aval(aval.dtype, pooled_shape("avg_pool", aval, kernel, stride, padding))


@functools.lru_cache(maxsize=256)
def window_sizes(spatial: Ints, kernel: Ints, stride: Ints, padding: Padding, include_pad: bool) -> Any:
    """How many elements each window averages: one number, or an array of the windows' shape."""
    if include_pad or not any(map(any, padding)):
        return math.prod(kernel)
    sizes = np.ones((), np.int64)
    counts = window_counts(spatial, kernel, stride, padding, (1,) * len(kernel))
    for n, k, s, (before, _), count in zip(spatial, kernel, stride, padding, counts, strict=True):
        first = np.arange(count) * s - before
        sizes = np.multiply.outer(sizes, np.minimum(first + k, n) - np.maximum(first, 0))
    return sizes


def divided(total: Any, by: Any) -> Any:
    """`total / by` in the dtype of `total`."""
    return total / (by if isinstance(by, int) else by.astype(total.dtype))


def avg_pool_kernel(x: Any, *, kernel: Ints, stride: Ints, padding: Padding, include_pad: bool) -> Any:
    x = x.astype(np.float64) if x.dtype.kind in "biu" else x
    ones = (1,) * len(kernel)
    spatial = x.shape[x.ndim - len(kernel) :]
    counts = window_counts(spatial, kernel, stride, padding, ones)
    padded = pad(x, padding, 0)
    views = (padded[at] for _, at in offsets(kernel, counts, stride, ones))
    total = next(views).copy()
    for view in views:
        total += view
    return divided(total, window_sizes(spatial, kernel, stride, padding, include_pad))


def avg_pool_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, **windows: Any) -> tuple[Any]:
    shape, sizes = b.split_shape(b.shape_of(x))
    return (b.avg_pool_grad(ct, *sizes, shape=shape, **windows),)


def infer_avg_pool_grad(
    ct: Type, *sizes: Type, shape: Shape, kernel: Ints, stride: Ints, padding: Padding, include_pad: bool
) -> Aval:
    """Shape rule of `avg_pool_grad`: the cotangent of an average (*lead, *t) -> that of its operand, `shape`."""
    aval = tensor(ct, "avg_pool_grad")
    check_sizes("avg_pool_grad", shape, sizes)
    expected = pooled_shape("avg_pool_grad", Aval(aval.dtype, shape), kernel, stride, padding)
    if len(expected) != aval.ndim or any(unify_dims(a, b) is None for a, b in zip(expected, aval.shape, strict=True)):
        raise ShapeError(f"{quote('avg_pool_grad', aval)}: `avg_pool` gives {Aval(aval.dtype, expected)} here")
    return Aval(aval.dtype, shape)


def avg_pool_grad_kernel(
    ct: Any, *sizes: Any, shape: Shape, kernel: Ints, stride: Ints, padding: Padding, include_pad: bool
) -> Any:
    dims = resolve_shape(shape, sizes)
    spatial = dims[len(dims) - len(kernel) :]
    counts = ct.shape[ct.ndim - len(kernel) :]
    share = divided(ct, window_sizes(spatial, kernel, stride, padding, include_pad))
    total = np.zeros(padded_shape(dims, padding), ct.dtype)
    for _, at in offsets(kernel, counts, stride, (1,) * len(kernel)):
        held = total[at]
        held += share
    return total[inner(dims, padding)]


def avg_pool_grad_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, *sizes: Any, shape: Shape, **windows: Any
) -> tuple[Any, ...]:
    return b.avg_pool(ct, **windows), *(None for _ in sizes)


def pool_effect(op: Op) -> Effect:
    """CAN_FAIL where windows may not fit: a spatial size is known only at run time."""
    kernel: Any = op.attrs["kernel"]
    x = op.operands[0]
    return Effect.PURE if is_static(x.shape[x.ndim - len(kernel) :]) else Effect.CAN_FAIL


register(
    OpDef(
        "max_pool",
        infer=infer_max_pool,
        kernel=max_pool_kernel,
        vjp=max_pool_vjp,
        promote=None,
        effect=pool_effect,
        lower=Loops(max_pool_loops),
        onnx=OnnxRule(max_pool_onnx),
    )
)
register(
    OpDef(
        "max_pool_positions",
        infer=infer_max_pool_positions,
        kernel=max_pool_positions_kernel,
        vjp=NotDifferentiable("positions are integers"),
        promote=None,
        effect=pool_effect,
        lower=Loops(max_pool_positions_loops),
        onnx=OnnxRule(max_pool_positions_onnx),
    )
)
register(
    OpDef(
        "pool_take",
        infer=infer_pool_take,
        kernel=pool_take_kernel,
        vjp=pool_take_vjp,
        promote=None,
        lower=Loops(pool_take_loops),
        onnx=OnnxRule(pool_take_onnx),
    )
)
register(
    OpDef(
        "pool_add",
        infer=infer_pool_add,
        kernel=pool_add_kernel,
        vjp=pool_add_vjp,
        promote=None,
        lower=Loops(pool_add_loops),
        onnx=OnnxRule(pool_add_onnx),
    )
)
register(
    OpDef(
        "avg_pool",
        infer=infer_avg_pool,
        kernel=avg_pool_kernel,
        vjp=avg_pool_vjp,
        promote=to_float,
        effect=pool_effect,
        lower=Loops(avg_pool_loops),
        onnx=OnnxRule(avg_pool_onnx),
    )
)
register(
    OpDef(
        "avg_pool_grad",
        infer=infer_avg_pool_grad,
        kernel=avg_pool_grad_kernel,
        vjp=avg_pool_grad_vjp,
        promote=None,
        lower=Loops(avg_pool_grad_loops),
        onnx=NoOnnx("it is a gradient of averages", "export the function, and not its gradient."),
    )
)
