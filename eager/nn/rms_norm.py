"""Normalisation of the mean square over the last axes."""

from collections.abc import Sequence

from eager.creation import DTypeLike, ones
from eager.functional import rms_norm
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.dtypes import float64


class RMSNorm(Module):
    """Unit mean square over the last axes; then scaled."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike = float64,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape, self.eps = shape, eps
        self.weight = Parameter(ones(shape, dtype)) if elementwise_affine else None

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"
