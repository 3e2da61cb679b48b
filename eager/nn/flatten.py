"""Joining axes."""

from eager.manipulation import flatten
from eager.nn.module import Module
from eager.tensor import Tensor


class Flatten(Module):
    """Axes `start_dim` to `end_dim` as one; all but the batch by default."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        return flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
