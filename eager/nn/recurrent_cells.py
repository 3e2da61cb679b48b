"""Recurrent cells: one step of a recurrent layer.

Weights and gates are laid out as PyTorch's: weight_ih (gates * hidden, in), weight_hh (gates * hidden, hidden), a bias
for each; all begin uniform within 1 / sqrt(hidden).
"""

from typing import ClassVar, Literal

from eager.creation import DTypeLike, zeros
from eager.elementwise import tanh
from eager.functional import linear, relu, sigmoid
from eager.manipulation import chunk
from eager.nn import init
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.random import Generator
from eager.tensor import Tensor
from graph.dtypes import float64

Nonlinearity = Literal["tanh", "relu"]


class Cell(Module):
    """What the cells share."""

    gates: ClassVar[int]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        self.input_size, self.hidden_size = input_size, hidden_size
        rows = self.gates * hidden_size
        self.weight_ih = Parameter(init.by_fan_in((rows, input_size), hidden_size, generator, dtype))
        self.weight_hh = Parameter(init.by_fan_in((rows, hidden_size), hidden_size, generator, dtype))
        self.bias_ih = Parameter(init.by_fan_in((rows,), hidden_size, generator, dtype)) if bias else None
        self.bias_hh = Parameter(init.by_fan_in((rows,), hidden_size, generator, dtype)) if bias else None

    def zero_state(self, x: Tensor) -> Tensor:
        """The hidden state that a sequence begins with, for input (..., in)."""
        return zeros((*x.shape[:-1], self.hidden_size), self.weight_hh.dtype)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias_ih is not None else ", bias=False")


class RNNCell(Cell):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh): (..., in), (..., hidden) -> (..., hidden). Without `h`: zeros."""

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Nonlinearity = "tanh",
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        super().__init__(input_size, hidden_size, bias, generator=generator, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        h = self.zero_state(x) if h is None else h
        total = linear(x, self.weight_ih, self.bias_ih) + linear(h, self.weight_hh, self.bias_hh)
        return tanh(total) if self.nonlinearity == "tanh" else relu(total)


class GRUCell(Cell):
    """(..., in), (..., hidden) -> (..., hidden). Gates: reset, update, new. Without `h`: zeros.

    r = sigmoid(...), z = sigmoid(...), n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), h' = (1 - z) * n + z * h.
    """

    gates = 3

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        h = self.zero_state(x) if h is None else h
        given = chunk(linear(x, self.weight_ih, self.bias_ih), 3, -1)
        kept = chunk(linear(h, self.weight_hh, self.bias_hh), 3, -1)
        reset, update = sigmoid(given[0] + kept[0]), sigmoid(given[1] + kept[1])
        new = tanh(given[2] + reset * kept[2])
        return new + update * (h - new)


class LSTMCell(Cell):
    """(..., in), (h, c) -> (h', c'), each (..., hidden). Gates: input, forget, cell, output. Without a state: zeros.

    c' = sigmoid(f) * c + sigmoid(i) * tanh(g), h' = sigmoid(o) * tanh(c').
    """

    gates = 4

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        h, c = (self.zero_state(x), self.zero_state(x)) if state is None else state
        total = linear(x, self.weight_ih, self.bias_ih) + linear(h, self.weight_hh, self.bias_hh)
        gates = chunk(total, 4, -1)
        c = sigmoid(gates[1]) * c + sigmoid(gates[0]) * tanh(gates[2])
        return sigmoid(gates[3]) * tanh(c), c
