"""Vectors for class indices."""

from eager.creation import DTypeLike
from eager.functional import embedding
from eager.grad_mode import no_grad
from eager.nn import init
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.random import Generator
from eager.tensor import Tensor
from graph.dtypes import float64


class Embedding(Module):
    """The rows of weight (num_embeddings, embedding_dim) by index: int (...) -> (..., embedding_dim).

    Rows begin standard normal; the row `padding_idx`, where given, begins as zeros and gets no gradient.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        self.weight = Parameter(init.normal((num_embeddings, embedding_dim), generator=generator, dtype=dtype))
        if padding_idx is not None:
            with no_grad():
                self.weight[padding_idx] = 0.0

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
