"""Convolution and pooling, named as in `torch.nn.functional`: channels come second, spatial axes last."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from eager.creation import asarray
from eager.dispatch import apply, dims_of
from eager.reductions import max, mean
from eager.tensor import Tensor
from graph.errors import ShapeError
from graph.ir.opdef import lookup

AVG_POOL: Final = lookup("avg_pool")
CONV: Final = lookup("conv")
MAX_POOL: Final = lookup("max_pool")

Sizes = int | Sequence[int]
Padding = Sizes | Literal["valid", "same"]


def _sizes(value: Sizes, axes: int, what: str) -> tuple[int, ...]:
    """One number for each spatial axis."""
    sizes = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(sizes) != axes:
        raise ShapeError(f"`{what}` needs a number for each of {axes} spatial axes, got {sizes}")
    return sizes


def _conv(
    axes: int, x: Any, weight: Any, bias: Any, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
) -> Tensor:
    x, weight = asarray(x), asarray(weight)
    if x.ndim == axes + 1:  # without a batch, as in PyTorch
        return _conv(axes, x.expand_dims(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    if x.ndim != axes + 2 or weight.ndim != axes + 2:
        raise ShapeError(
            f"`conv{axes}d`({x.aval}, {weight.aval}): both need {axes + 2} axes: batch, channels, {axes} spatial"
        )
    steps, spread = _sizes(stride, axes, "stride"), _sizes(dilation, axes, "dilation")
    if padding == "same":
        if any(s != 1 for s in steps):
            raise ShapeError("`padding='same'` is for a stride of 1")
        totals = [d * (k - 1) for d, k in zip(spread, weight.shape[2:], strict=True)]
        pads = tuple((t // 2, t - t // 2) for t in totals)
    else:
        pads = tuple((p, p) for p in _sizes(0 if isinstance(padding, str) else padding, axes, "padding"))
    result = apply(CONV, x, weight, stride=steps, padding=pads, dilation=spread, groups=groups)
    return result if bias is None else result + asarray(bias).reshape((-1,) + (1,) * axes)


def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1
) -> Tensor:
    """Cross-correlation of x (n, c, l) with weight (o, c / groups, k), plus bias (o)."""
    return _conv(1, x, weight, bias, stride, padding, dilation, groups)


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1
) -> Tensor:
    """Cross-correlation of x (n, c, h, w) with weight (o, c / groups, kh, kw), plus bias (o)."""
    return _conv(2, x, weight, bias, stride, padding, dilation, groups)


def conv3d(
    x: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1
) -> Tensor:
    """Cross-correlation of x (n, c, d, h, w) with weight (o, c / groups, kd, kh, kw), plus bias (o)."""
    return _conv(3, x, weight, bias, stride, padding, dilation, groups)


def _windows(axes: int, kernel: Sizes, stride: Sizes | None, padding: Sizes) -> dict[str, Any]:
    size = _sizes(kernel, axes, "kernel_size")
    return {
        "kernel": size,
        "stride": size if stride is None else _sizes(stride, axes, "stride"),
        "padding": tuple((p, p) for p in _sizes(padding, axes, "padding")),
    }


def max_pool1d(x: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Tensor:
    """The largest element of each window on the last axis; the stride is the window's size by default."""
    return apply(MAX_POOL, asarray(x), **_windows(1, kernel_size, stride, padding))


def max_pool2d(x: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Tensor:
    """The largest element of each window on the last two axes; the stride is the window's size by default."""
    return apply(MAX_POOL, asarray(x), **_windows(2, kernel_size, stride, padding))


def avg_pool1d(
    x: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, count_include_pad: bool = True
) -> Tensor:
    """The mean of each window on the last axis; the stride is the window's size by default."""
    return apply(AVG_POOL, asarray(x), **_windows(1, kernel_size, stride, padding), include_pad=count_include_pad)


def avg_pool2d(
    x: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, count_include_pad: bool = True
) -> Tensor:
    """The mean of each window on the last two axes; the stride is the window's size by default."""
    return apply(AVG_POOL, asarray(x), **_windows(2, kernel_size, stride, padding), include_pad=count_include_pad)


def adaptive_avg_pool2d(x: Any, output_size: Sizes) -> Tensor:
    """The mean of windows that come out as `output_size`, which must divide the spatial sizes."""
    x, size = asarray(x), _sizes(output_size, 2, "output_size")
    return mean(_divided(x, size), (-3, -1))


def adaptive_max_pool2d(x: Any, output_size: Sizes) -> Tensor:
    """The largest element of windows that come out as `output_size`, which must divide the spatial sizes."""
    x, size = asarray(x), _sizes(output_size, 2, "output_size")
    return max(_divided(x, size), (-3, -1))


def _divided(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Each spatial axis as two: windows, and places in a window."""
    height, width = x.shape[-2:]
    if any(isinstance(d, int) and d % s for d, s in zip(dims_of(x)[-2:], size, strict=True)):
        raise ShapeError(f"{x.aval}: windows of {size} do not come out even")
    rows, columns = size
    return x.reshape((*x.shape[:-2], rows, height // rows, columns, width // columns))
