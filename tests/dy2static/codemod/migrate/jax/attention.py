import math

import jax
import jax.numpy as jnp
from jax import nn


@jax.jit
def attention(q, k, v, causal=True):
    """Scaled dot products, one head."""
    scores = jnp.einsum("td,sd->ts", q, k) / math.sqrt(q.shape[-1])
    if causal:
        mask = jnp.tril(jnp.ones_like(scores))
        scores = jnp.where(mask == 0, -jnp.inf, scores)
    return nn.softmax(scores, axis=-1) @ v


@jax.jit
def layer_norm(x, scale, eps=1e-5):
    mean = jnp.mean(x, axis=-1, keepdims=True)
    var = jnp.var(x, axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(var + eps) * scale
