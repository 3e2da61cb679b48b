"""Multi-head attention."""

from eager.creation import DTypeLike, zeros
from eager.functional import linear, scaled_dot_product_attention
from eager.manipulation import chunk, expand_dims, reshape, swapaxes
from eager.nn import init
from eager.nn.linear import Linear
from eager.nn.module import Module
from eager.parameter import Parameter
from eager.random import Generator, default_generator
from eager.tensor import Tensor
from graph.dtypes import float64
from graph.errors import ShapeError


class MultiHeadAttention(Module):
    """Attention in several heads, each on its own projection: query (n, l, e), key and value (n, s, e) -> (n, l, e).

    Key and value are the query unless given. `attn_mask`, (l, s) or (n, l, s), lets through where it is true, or is
    added; `is_causal` lets each position see itself and those before. `dropout` is applied to the weights in training.
    Parameters are named and laid out as PyTorch's. Source: Vaswani et al. 2017.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = float64,
    ) -> None:
        if embed_dim % num_heads:
            raise ShapeError(f"{embed_dim} elements cannot be shared out evenly to {num_heads} heads")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.generator = generator or default_generator()
        self.in_proj_weight = Parameter(
            init.xavier_uniform((3 * embed_dim, embed_dim), generator=generator, dtype=dtype)
        )
        self.in_proj_bias = Parameter(zeros((3 * embed_dim,), dtype)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, generator=generator, dtype=dtype)

    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        attn_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        q, k, v = (self._heads(x) for x in self._projected(query, key, value))
        if attn_mask is not None and attn_mask.ndim == 3:
            attn_mask = expand_dims(attn_mask, 1)
        rate = self.dropout if self.training else 0.0
        mixed = scaled_dot_product_attention(q, k, v, attn_mask, rate, is_causal, generator=self.generator)
        return self.out_proj(reshape(swapaxes(mixed, -3, -2), query.shape))

    def _projected(self, query: Tensor, key: Tensor | None, value: Tensor | None) -> list[Tensor]:
        if key is None and value is None:
            return chunk(linear(query, self.in_proj_weight, self.in_proj_bias), 3, -1)
        key = query if key is None else key
        inputs = (query, key, key if value is None else value)
        weights = chunk(self.in_proj_weight, 3)
        biases = (None, None, None) if self.in_proj_bias is None else chunk(self.in_proj_bias, 3)
        return [linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True)]

    def _heads(self, x: Tensor) -> Tensor:
        """(..., l, e) -> (..., heads, l, e / heads)."""
        split = reshape(x, (*x.shape[:-1], self.num_heads, self.embed_dim // self.num_heads))
        return swapaxes(split, -3, -2)

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}" + (f", dropout={self.dropout}" if self.dropout else "")
