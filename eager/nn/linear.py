"""The fully connected layer."""

from eager.creation import DTypeLike
from eager.functional import linear
from eager.nn import init
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.random import Generator
from eager.tensor import Tensor
from graph.dtypes import float64


class Linear(Module):
    """x @ weight.T + bias: (..., in) -> (..., out), with weight (out, in) and bias (out).

    Both begin uniform within 1 / sqrt(in).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(init.by_fan_in((out_features, in_features), in_features, generator, dtype))
        self.bias = Parameter(init.by_fan_in((out_features,), in_features, generator, dtype)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}" + ("" if self.bias is not None else ", bias=False")
