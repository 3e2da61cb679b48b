"""Normalisation over the batch, with running statistics for when there is none."""

import math
from typing import ClassVar

from eager.creation import DTypeLike, ones, zeros
from eager.dispatch import dims_of
from eager.functional import batch_norm
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.aval import is_static
from graph.dtypes import float64, int64
from graph.errors import ShapeError


class _BatchNorm(Module):
    """Per channel (axis 1): zero mean and unit variance over all other axes; then scaled and shifted.

    In training by the statistics of the batch, towards which the running ones move by `momentum` (by 1 / batches seen
    when that is None); else by the running ones. The running variance is the unbiased one.
    """

    ranks: ClassVar[tuple[int, ...]]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DTypeLike = float64,
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Parameter(ones((num_features,), dtype)) if affine else None
        self.bias = Parameter(zeros((num_features,), dtype)) if affine else None
        self.running_mean: Tensor | None = None
        self.running_var: Tensor | None = None
        self.num_batches_tracked: Tensor | None = None
        if track_running_stats:
            self.register_buffer("running_mean", zeros((num_features,), dtype))
            self.register_buffer("running_var", ones((num_features,), dtype))
            self.register_buffer("num_batches_tracked", zeros((), int64))

    def forward(self, x: Tensor) -> Tensor:
        self._check(x)
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.assign(self.num_batches_tracked + 1)
            if momentum is None:
                momentum = (1.0 / self.num_batches_tracked).astype(x.dtype)
        return batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            0.0 if momentum is None else momentum,
            self.eps,
        )

    def _check(self, x: Tensor) -> None:
        """Raises: ShapeError for a wrong rank or number of channels, and for a batch without any variance."""
        name = type(self).__name__
        dims = dims_of(x)
        if len(dims) not in self.ranks:
            ranks = " or ".join(map(str, self.ranks))
            raise ShapeError(f"`{name}` takes tensors of {ranks} axes, with channels on axis 1; this one is {x.aval}")
        if isinstance(dims[1], int) and dims[1] != self.num_features:
            raise ShapeError(f"`{name}` was made for {self.num_features} channels, {x.aval} has {dims[1]} on axis 1")
        others = (dims[0], *dims[2:])
        if self.training and is_static(others) and math.prod(d for d in others if isinstance(d, int)) < 2:
            raise ShapeError(
                f"`{name}` in training needs more than one value per channel, {x.aval} has no variance",
                next_step="use a larger batch, or `eval()`.",
            )

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


class BatchNorm1d(_BatchNorm):
    """For tensors (n, c) and (n, c, l)."""

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """For tensors (n, c, h, w)."""

    ranks = (4,)
