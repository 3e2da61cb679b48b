import math

import paddle
from paddle.nn.functional import dropout, softmax


def split_heads(x, heads):
    batch, time, dim = x.shape
    x = paddle.reshape(x, [batch, time, heads, dim // heads])
    return paddle.transpose(x, perm=[0, 2, 1, 3])


@paddle.jit.to_static
def attention(q, k, v, heads, causal):
    q, k, v = split_heads(q, heads), split_heads(k, heads), split_heads(v, heads)
    scores = paddle.matmul(q, paddle.transpose(k, [0, 1, 3, 2])) / math.sqrt(q.shape[-1])
    if causal:
        keep = paddle.tril(paddle.ones(scores.shape[-2:]))
        scores = paddle.where(keep == 0, paddle.full_like(scores, -1e9), scores)
    weights = dropout(softmax(scores, axis=-1), p=0.1, training=False)
    out = paddle.transpose(paddle.matmul(weights, v), perm=[0, 2, 1, 3])
    return paddle.flatten(out, start_axis=2)
