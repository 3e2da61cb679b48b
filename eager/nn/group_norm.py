"""Normalisation over groups of channels."""

from eager.creation import DTypeLike, ones, zeros
from eager.functional import group_norm
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.dtypes import float64
from graph.errors import ShapeError


class GroupNorm(Module):
    """Zero mean and unit variance over groups of channels (axis 1) and all later axes; then scaled and shifted."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: DTypeLike = float64,
    ) -> None:
        if num_channels % num_groups:
            raise ShapeError(f"{num_channels} channels do not fall into {num_groups} groups")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight = Parameter(ones((num_channels,), dtype)) if affine else None
        self.bias = Parameter(zeros((num_channels,), dtype)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}"
