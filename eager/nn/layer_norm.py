"""Normalisation over the last axes."""

from collections.abc import Sequence

from eager.creation import DTypeLike, ones, zeros
from eager.functional import layer_norm
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.tensor import Tensor
from graph.dtypes import float64


class LayerNorm(Module):
    """Zero mean and unit variance over the last axes, which have `normalized_shape`; then scaled and shifted."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = float64,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape, self.eps = shape, eps
        self.weight = Parameter(ones(shape, dtype)) if elementwise_affine else None
        self.bias = Parameter(zeros(shape, dtype)) if elementwise_affine and bias else None

    def forward(self, x: Tensor) -> Tensor:
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}" + (
            "" if self.weight is not None else ", elementwise_affine=False"
        )
