"""Convolution layers: channels come second, spatial axes last."""

import math
from collections.abc import Sequence

from eager.convolution import Padding, Sizes, conv1d, conv2d
from eager.creation import DTypeLike
from eager.nn import init
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.random import Generator
from eager.tensor import Tensor
from graph.dtypes import float64
from graph.errors import ShapeError


class _Conv(Module):
    """What convolutions of any number of axes share: weight (out, in / groups, *window), bias (out).

    Both begin uniform within 1 / sqrt(in / groups * window).
    """

    axes: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Padding = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        if in_channels % groups or out_channels % groups:
            raise ShapeError(f"{in_channels} and {out_channels} channels do not fall into {groups} groups")
        window = tuple(kernel_size) if isinstance(kernel_size, Sequence) else (kernel_size,) * self.axes
        self.in_channels, self.out_channels = in_channels, out_channels
        self.stride, self.dilation, self.groups = stride, dilation, groups
        self.padding: Padding = padding
        shape = (out_channels, in_channels // groups, *window)
        fan_in = math.prod(shape[1:])
        self.weight = Parameter(init.by_fan_in(shape, fan_in, generator, dtype))
        self.bias = Parameter(init.by_fan_in((out_channels,), fan_in, generator, dtype)) if bias else None

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.weight.shape[2:]}"]
        defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
        for name, default in defaults.items():
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value}")
        return ", ".join(parts if self.bias is not None else [*parts, "bias=False"])


class Conv1d(_Conv):
    """Cross-correlation along the last axis: (n, in, l) -> (n, out, l')."""

    axes = 1

    def forward(self, x: Tensor) -> Tensor:
        return conv1d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv2d(_Conv):
    """Cross-correlation along the last two axes: (n, in, h, w) -> (n, out, h', w')."""

    axes = 2

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
