"""Dropout."""

from eager.functional import dropout
from eager.nn.module import Module
from eager.random import Generator, default_generator
from eager.tensor import Tensor


class Dropout(Module):
    """Zeros with probability `p` in training, what is left scaled by 1 / (1 - p); the identity otherwise.

    Draws from `generator`, the default one unless given; its state moves on with every call, in static mode too.
    """

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"a dropout probability must lie between 0 and 1, not {p}")
        self.p = p
        self.generator = generator or default_generator()

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p, self.training, self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}"
