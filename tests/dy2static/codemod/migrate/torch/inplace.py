"""Writes into tensors mean the same with us."""
import torch


@torch.jit.script
def cumulative(x):
    out = torch.zeros_like(x)
    total = torch.zeros(())
    for i in range(x.size(0)):
        total = total + x[i]
        out[i] = total
    return out


@torch.jit.script
def accumulate(x, n: int):
    y = x.clone()
    for _ in range(n):
        y += x
        y[0] *= 2.0
    return x, y


@torch.jit.script
def normalized(x):
    y = x.clone()
    y.sub_(y.mean())
    y.div_(y.abs().max())
    y.clamp_(min=-0.5)
    return y.add_(1.0)
