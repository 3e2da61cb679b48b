"""What convolution and pooling share: how windows slide over the trailing (spatial) axes of a tensor.

`stride` and `dilation` are a tuple with an int for each spatial axis, `padding` one with a pair (before, after).
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from graph.aval import Dim, dim_add, dim_scale, dim_sub
from graph.errors import ShapeError
from graph.ops.shape_rules import UNKNOWN_DIM

Padding = tuple[tuple[int, int], ...]


def check_windows(op: str, spatial: int, stride: Sequence[int], padding: Padding, dilation: Sequence[int]) -> None:
    """One entry for each spatial axis; strides and dilations at least 1, padding not negative."""
    for name, values in (("stride", stride), ("padding", padding), ("dilation", dilation)):
        if len(values) != spatial:
            raise ShapeError(f"`{op}`: {name} {values} must have {spatial} entries, one for each spatial axis")
    if min((*stride, *dilation), default=1) < 1:
        raise ShapeError(f"`{op}`: stride {stride} and dilation {dilation} must be at least 1")
    if any(min(pair) < 0 for pair in padding):
        raise ShapeError(f"`{op}`: padding {padding} must not be negative", next_step="slice the tensor instead.")


def window_dim(op: str, size: Dim, extent: Dim, stride: int, padding: tuple[int, int], dilation: int) -> Dim:
    """How many windows of `extent` fit on an axis of `size`; ShapeError when none does."""
    reach = dim_add(dim_scale(dim_sub(extent, 1), dilation), 1)
    free = dim_sub(dim_add(size, padding[0] + padding[1]), reach)
    if not isinstance(free, int):
        return dim_add(free, 1) if stride == 1 else UNKNOWN_DIM
    if free < 0:
        raise ShapeError(f"`{op}`: a window of {reach} does not fit on an axis of {size} padded by {padding}")
    return free // stride + 1


def window_counts(
    shape: Sequence[int], extents: Sequence[int], stride: Sequence[int], padding: Padding, dilation: Sequence[int]
) -> tuple[int, ...]:
    """`window_dim` of all spatial axes, at run time."""
    counts = tuple(
        (size + before + after - d * (extent - 1) - 1) // s + 1
        for size, extent, s, (before, after), d in zip(shape, extents, stride, padding, dilation, strict=True)
    )
    if min(counts, default=1) < 1:
        raise ValueError(f"windows of {tuple(extents)} do not fit on axes of {tuple(shape)} padded by {padding}")
    return counts


def padded_shape(shape: Sequence[int], padding: Padding) -> tuple[int, ...]:
    """`shape` with its trailing axes padded."""
    lead = len(shape) - len(padding)
    return (*shape[:lead], *(n + lo + hi for n, (lo, hi) in zip(shape[lead:], padding, strict=True)))


def inner(shape: Sequence[int], padding: Padding) -> tuple[Any, ...]:
    """The index that takes a tensor of `shape` out of its padded form."""
    trailing = shape[len(shape) - len(padding) :]
    return (..., *(slice(lo, lo + n) for n, (lo, _) in zip(trailing, padding, strict=True)))


def pad(x: Any, padding: Padding, value: Any) -> Any:
    """`x` with `value` around its trailing axes; `x` itself where there is no padding."""
    if not any(map(any, padding)):
        return x
    padded = np.full(padded_shape(x.shape, padding), value, x.dtype)
    padded[inner(x.shape, padding)] = x
    return padded


def sliding(
    x: np.ndarray, extents: Sequence[int], counts: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> np.ndarray:
    """A view of padded `x` (*lead, *spatial) as (*lead, *extents, *counts): what each window holds at each offset."""
    x = np.ascontiguousarray(x)
    lead = x.ndim - len(extents)
    spatial = x.strides[lead:]
    within = [step * d for step, d in zip(spatial, dilation, strict=True)]
    between = [step * s for step, s in zip(spatial, stride, strict=True)]
    return np.ndarray((*x.shape[:lead], *extents, *counts), x.dtype, x.data, 0, (*x.strides[:lead], *within, *between))


def offsets(
    extents: Sequence[int], counts: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """For each offset within a window, in row-major order: the offset, and the index of what all windows hold there."""
    for offset in itertools.product(*map(range, extents)):
        starts = [k * d for k, d in zip(offset, dilation, strict=True)]
        yield (
            offset,
            (..., *(slice(i, i + s * (n - 1) + 1, s) for i, s, n in zip(starts, stride, counts, strict=True))),
        )
