"""Multi-head attention against NumPy."""

import numpy as np
import pytest

import eager as xp
from eager import nn
from graph.errors import ShapeError


def normal(*shape: int, seed: int = 1) -> xp.Tensor:
    return xp.Generator(seed).normal(shape)


def reference(layer, query, key, value, mask=None):
    """Head by head."""
    e, heads = layer.embed_dim, layer.num_heads
    w, b = np.asarray(layer.in_proj_weight), np.asarray(layer.in_proj_bias)
    q, k, v = (x @ w[i * e : (i + 1) * e].T + b[i * e : (i + 1) * e] for i, x in enumerate((query, key, value)))
    parts = []
    for h in range(heads):
        at = slice(h * e // heads, (h + 1) * e // heads)
        scores = q[..., at] @ np.swapaxes(k[..., at], -1, -2) / np.sqrt(e // heads)
        if mask is not None:
            scores = np.where(mask, scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        parts.append(weights / weights.sum(-1, keepdims=True) @ v[..., at])
    out = layer.out_proj
    return np.concatenate(parts, -1) @ np.asarray(out.weight).T + np.asarray(out.bias)


def test_against_numpy():
    layer = nn.MultiHeadAttention(6, 3, generator=xp.Generator(0))
    query, memory = normal(2, 4, 6), normal(2, 5, 6, seed=2)
    q, m = np.asarray(query), np.asarray(memory)
    np.testing.assert_allclose(layer(query), reference(layer, q, q, q))
    np.testing.assert_allclose(layer(query, memory), reference(layer, q, m, m))
    np.testing.assert_allclose(layer(query, memory, memory * 2.0), reference(layer, q, m, m * 2))
    np.testing.assert_allclose(layer(query, is_causal=True), reference(layer, q, q, q, np.tri(4, dtype=bool)))
    mask = np.random.default_rng(0).random((2, 4, 5)) < 0.7
    mask[..., 0] = True
    np.testing.assert_allclose(layer(query, memory, attn_mask=xp.asarray(mask)), reference(layer, q, m, m, mask))
    np.testing.assert_allclose(layer(query[0]), reference(layer, q[0], q[0], q[0]))


def test_dropout_and_names():
    layer = nn.MultiHeadAttention(4, 2, dropout=0.5)
    x = normal(2, 3, 4)
    assert not np.allclose(layer(x), layer(x))
    layer.eval()
    np.testing.assert_array_equal(layer(x), layer(x))
    assert list(layer.state_dict()) == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    with pytest.raises(ShapeError, match="5 elements cannot be shared out evenly to 2 heads"):
        nn.MultiHeadAttention(5, 2)
