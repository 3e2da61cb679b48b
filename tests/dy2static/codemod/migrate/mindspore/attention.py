import math

import mindspore
from mindspore import Tensor, jit, ops


@jit
def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor = None) -> Tensor:
    scores = ops.bmm(q, ops.swapaxes(k, -1, -2)) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = ops.where(mask, scores, Tensor(-1e9, mindspore.float64))
    weights = ops.softmax(scores, -1)
    return ops.bmm(weights, v)


@jit
def rms_norm(x, eps=1e-6):
    scale = ops.rsqrt(ops.mean(ops.square(x), -1, keep_dims=True) + eps)
    return x * scale
