"""Convolution and pooling in ONNX: nodes where there are kernels for the dtype, else slices of the padded tensor, one
for each place of a window, which are multiplied or compared all at once."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.aval import Shape
from graph.dtypes import float16, float32, float64, int64
from graph.ir.onnx_form import AS_LOWERED, Handle, OnnxEmitter
from graph.ops.windows import Padding

Ints = tuple[int, ...]


def _pads(padding: Padding) -> list[int]:
    return [before for before, _ in padding] + [after for _, after in padding]


def _counts(
    b: OnnxEmitter, spatial: Sequence[Any], kernel: Ints, stride: Ints, padding: Padding, dilation: Ints
) -> list[Any]:
    """How many windows there are along each axis."""
    axes = zip(spatial, kernel, stride, padding, dilation, strict=True)
    return [b.add(b.quotient(b.sub(b.add(n, sum(pad)), d * (k - 1) + 1), s), 1) for n, k, s, pad, d in axes]


def _slices(
    b: OnnxEmitter, x: Handle, kernel: Ints, stride: Ints, padding: Padding, dilation: Ints, value: float
) -> tuple[list[Handle], list[Any]]:
    """For each place of a window, what stands there in all windows; and how many windows there are."""
    lead = x.ndim - len(kernel)
    counts = _counts(b, b.sizes(x)[lead:], kernel, stride, padding, dilation)
    if any(map(any, padding)):
        widths = b.tensor(
            [*[0] * lead, *_pads(padding)[: len(kernel)], *[0] * lead, *_pads(padding)[len(kernel) :]], int64
        )
        padded = b.node("Pad", x, widths, b.tensor(value, x.dtype))
    else:
        padded = x
    axes, steps = b.tensor(range(lead, x.ndim), int64), b.tensor(stride, int64)
    found: list[Handle] = []
    for offset in itertools.product(*map(range, kernel)):
        starts = [o * d for o, d in zip(offset, dilation, strict=True)]
        stops = [b.add(b.mul(b.sub(n, 1), s), at + 1) for n, s, at in zip(counts, stride, starts, strict=True)]
        found.append(b.node("Slice", padded, b.tensor(starts, int64), b.vector(stops), axes, steps))
    return found, counts


def _patches(
    b: OnnxEmitter, x: Handle, kernel: Ints, stride: Ints, padding: Padding, dilation: Ints, groups: int
) -> tuple[Handle, list[Any]]:
    """(n, groups, channels of a group * places of a window, windows)."""
    slices, counts = _slices(b, x, kernel, stride, padding, dilation, 0)
    at = b.tensor([2], int64)
    stacked = b.node("Concat", *(b.node("Unsqueeze", part, at) for part in slices), axis=2)
    n, c = b.sizes(x)[:2]
    total = _product(b, counts)
    depth = b.mul(b.quotient(c, groups), len(slices))
    return b.reshape(stacked, [n, groups, depth, total]), counts


def conv_onnx(
    b: OnnxEmitter, x: Handle, w: Handle, *, stride: Ints, padding: Padding, dilation: Ints, groups: int
) -> Handle:
    if x.dtype in (float16, float32):
        return b.node("Conv", x, w, strides=list(stride), pads=_pads(padding), dilations=list(dilation), group=groups)
    kernel = _known(w.shape[2:])
    if kernel is None:
        return AS_LOWERED
    patches, counts = _patches(b, x, kernel, stride, padding, dilation, groups)
    out, depth = b.sizes(w)[:2]
    places = math.prod(kernel)
    weights = b.reshape(w, [groups, b.quotient(out, groups), b.mul(depth, places)])
    return b.reshape(b.node("MatMul", weights, patches), [b.sizes(x)[0], out, *counts])


def conv_weight_grad_onnx(
    b: OnnxEmitter, ct: Handle, x: Handle, *sizes: Handle, shape: Shape, stride: Ints, padding: Padding,
    dilation: Ints, groups: int,
) -> Handle:  # fmt: skip
    wanted, kernel = b.resolved(shape, sizes), _known(shape[2:])
    if kernel is None:
        return AS_LOWERED
    patches, counts = _patches(b, x, kernel, stride, padding, dilation, groups)
    n, out = b.sizes(ct)[:2]
    total = _product(b, counts)
    rows = b.reshape(ct, [n, groups, b.quotient(out, groups), total])
    products = b.node("MatMul", rows, b.node("Transpose", patches, perm=[0, 1, 3, 2]))
    return b.reshape(b.node("ReduceSum", products, b.tensor([0], int64), keepdims=0), wanted)


def conv_input_grad_onnx(
    b: OnnxEmitter, ct: Handle, w: Handle, *sizes: Handle, shape: Shape, stride: Ints, padding: Padding,
    dilation: Ints, groups: int,
) -> Handle:  # fmt: skip
    """What each window gives goes back to where it came from: a transposed convolution."""
    wanted, kernel = b.resolved(shape, sizes), _known(w.shape[2:])
    if kernel is None:
        return AS_LOWERED
    before, after = _known(ct.shape[2:]), _known(shape[2:])
    if ct.dtype not in (float16, float32) or before is None or after is None:
        return _scattered(b, ct, w, wanted, kernel, stride, padding, dilation, groups)
    more = [
        n - (t - 1) * s - d * (k - 1) - 1 + sum(pad)
        for n, t, s, d, k, pad in zip(after, before, stride, dilation, kernel, padding, strict=True)
    ]
    return b.node(
        "ConvTranspose", ct, w, strides=list(stride), pads=_pads(padding), dilations=list(dilation), group=groups,
        output_padding=more,
    )  # fmt: skip


def _scattered(
    b: OnnxEmitter, ct: Handle, w: Handle, wanted: Sequence[Any], kernel: Ints, stride: Ints, padding: Padding,
    dilation: Ints, groups: int,
) -> Handle:  # fmt: skip
    """By the places that the elements of each window have in the padded tensor."""
    n, out = b.sizes(ct)[:2]
    spatial = b.sizes(ct)[2:]
    places = math.prod(kernel)
    windows = _product(b, spatial)
    depth = b.sizes(w)[1]
    weights = b.reshape(w, [groups, b.quotient(out, groups), b.mul(depth, places)])
    rows = b.reshape(ct, [n, groups, b.quotient(out, groups), windows])
    given = b.node("MatMul", b.node("Transpose", weights, perm=[0, 2, 1]), rows)
    given = b.reshape(given, [n, b.mul(depth, groups), b.mul(windows, places)])
    padded = [b.add(size, sum(pad)) for size, pad in zip(wanted[2:], padding, strict=True)]
    at: Any = 0
    for axis, (size, s, d) in enumerate(zip(padded, stride, dilation, strict=True)):
        inside = [1] * (2 * len(kernel))
        outside = list(inside)
        inside[axis], outside[axis + len(kernel)] = -1, -1
        of_window = b.mul(_range(b, kernel[axis]), d)
        of_place = b.mul(_range(b, spatial[axis]), s)
        along = b.add(b.reshape(of_window, inside), b.reshape(of_place, outside))
        at = b.add(b.mul(at, size), along) if axis else along
    total = _product(b, padded)
    lead = [n, b.mul(depth, groups)]
    indices = b.node("Expand", b.reshape(at, [1, 1, -1]), b.shape_of(given))
    start = b.node("Expand", b.tensor(0, ct.dtype), b.vector([*lead, total]))
    found = b.node("ScatterElements", start, indices, given, axis=2, reduction="add")
    found = b.reshape(found, [*lead, *padded])
    stops = [b.add(before, size) for (before, _), size in zip(padding, wanted[2:], strict=True)]
    starts, axes = b.tensor([before for before, _ in padding], int64), b.tensor(range(2, ct.ndim), int64)
    return b.node("Slice", found, starts, b.vector(stops), axes)


def _range(b: OnnxEmitter, count: Any) -> Handle:
    return b.node("Range", b.tensor(0, int64), b.convert(count, int64), b.tensor(1, int64))


def _product(b: OnnxEmitter, sizes: Sequence[Any]) -> Any:
    total: Any = 1
    for n in sizes:
        total = b.mul(total, n)
    return total


def _known(shape: Shape) -> Ints | None:
    """Sizes that are known now; None where they are not: a model has no windows of other sizes."""
    known = tuple(d for d in shape if isinstance(d, int))
    return known if len(known) == len(shape) else None


def _as_images(b: OnnxEmitter, x: Handle, spatial: int) -> Handle:
    """All leading axes as one, and one channel."""
    return b.reshape(x, [-1, 1, *b.sizes(x)[x.ndim - spatial :]])


def max_pool_onnx(b: OnnxEmitter, x: Handle, *, kernel: Ints, stride: Ints, padding: Padding) -> Handle:
    lead = b.sizes(x)[: x.ndim - len(kernel)]
    counts = _counts(b, b.sizes(x)[x.ndim - len(kernel) :], kernel, stride, padding, (1,) * len(kernel))
    if x.dtype in (float16, float32, float64) and len(kernel) <= 3:
        images = _as_images(b, x, len(kernel))
        windows: dict[str, Any] = {"kernel_shape": list(kernel), "strides": list(stride), "pads": _pads(padding)}
        has_nan = b.node("MaxPool", b.convert(b.ne(images, images), x.dtype), **windows)  # the node passes over NaN
        found = b.select(b.gt(has_nan, 0.0), b.tensor(math.nan, x.dtype), b.node("MaxPool", images, **windows))
        return b.reshape(found, [*lead, *counts])
    lowest = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
    slices, _ = _slices(b, x, kernel, stride, padding, (1,) * len(kernel), lowest)
    return b.node("Max", *slices)


def max_pool_positions_onnx(b: OnnxEmitter, x: Handle, *, kernel: Ints, stride: Ints, padding: Padding) -> Handle:
    """The node counts the places through all images."""
    sizes = b.sizes(x)
    lead, spatial = sizes[: x.ndim - len(kernel)], sizes[x.ndim - len(kernel) :]
    counts = _counts(b, spatial, kernel, stride, padding, (1,) * len(kernel))
    _, found = b.nodes(
        "MaxPool", _as_images(b, x, len(kernel)), dtypes=(x.dtype, int64), kernel_shape=list(kernel),
        strides=list(stride), pads=_pads(padding),
    )  # fmt: skip
    total = _product(b, spatial)
    return b.reshape(b.remainder(found, total), [*lead, *counts])


def avg_pool_onnx(
    b: OnnxEmitter, x: Handle, *, kernel: Ints, stride: Ints, padding: Padding, include_pad: bool
) -> Handle:
    lead = b.sizes(x)[: x.ndim - len(kernel)]
    counts = _counts(b, b.sizes(x)[x.ndim - len(kernel) :], kernel, stride, padding, (1,) * len(kernel))
    if x.dtype in (float16, float32) and len(kernel) <= 3:
        found = b.node(
            "AveragePool", _as_images(b, x, len(kernel)), kernel_shape=list(kernel), strides=list(stride),
            pads=_pads(padding), count_include_pad=int(include_pad),
        )  # fmt: skip
        return b.reshape(found, [*lead, *counts])
    ones = (1,) * len(kernel)
    total = _sum(b, _slices(b, x, kernel, stride, padding, ones, 0)[0])
    if include_pad:
        return b.div(total, b.tensor(math.prod(kernel), x.dtype))
    there = b.typed(b.node("Expand", b.tensor(1, x.dtype), b.shape_of(x)), x.type)
    return b.div(total, _sum(b, _slices(b, there, kernel, stride, padding, ones, 0)[0]))


def _sum(b: OnnxEmitter, xs: Sequence[Handle]) -> Handle:
    total, *others = xs
    for x in others:
        total = b.add(total, x)
    return total


def pool_take_onnx(b: OnnxEmitter, x: Handle, positions: Handle, *, spatial: int) -> Handle:
    lead = b.sizes(x)[: x.ndim - spatial]
    rows, at = (b.reshape(v, [*lead, _product(b, b.sizes(v)[v.ndim - spatial :])]) for v in (x, positions))
    return b.node("Reshape", b.node("GatherElements", rows, at, axis=len(lead)), b.shape_of(positions))


def pool_add_onnx(
    b: OnnxEmitter, values: Handle, positions: Handle, *sizes: Handle, shape: Shape, spatial: int
) -> Handle:
    wanted = b.resolved(shape, sizes)
    lead, places = wanted[: len(wanted) - spatial], wanted[len(wanted) - spatial :]
    start = b.node("Expand", b.tensor(0, values.dtype), b.vector([*lead, _product(b, places)]))
    windows = _product(b, b.sizes(values)[values.ndim - spatial :])
    at, given = (b.reshape(v, [*lead, windows]) for v in (positions, values))
    return b.reshape(b.node("ScatterElements", start, at, given, axis=len(lead), reduction="add"), wanted)
