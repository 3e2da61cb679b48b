import math

import torch
import torch.nn.functional as F


@torch.jit.script
def attention(q, k, v, causal: bool = False):
    scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
    if causal:
        t = q.size(-2)
        mask = torch.triu(torch.ones(t, t, dtype=torch.bool, device=q.device), diagonal=1)
        scores = scores.masked_fill(mask, float("-inf"))
    return torch.matmul(F.softmax(scores, dim=-1), v)


@torch.jit.script
def rope(x, base: float = 10000.0):
    half = x.shape[-1] // 2
    t = torch.arange(x.shape[0], dtype=torch.float64, device=x.device)
    freq = base ** (-torch.arange(0, half, dtype=torch.float64) / half)
    angle = torch.outer(t, freq)
    a, b = x[:, :half], x[:, half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], dim=-1)
