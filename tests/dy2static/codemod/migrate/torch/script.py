import torch
from torch import Tensor


@torch.jit.script
def bisect(lo: Tensor, hi: Tensor, target: float) -> Tensor:
    """The square root of `target`."""
    while (hi - lo).abs().max() > 1e-12:
        mid = (lo + hi) / 2
        if mid * mid < target:
            lo = mid
        else:
            hi = mid
    return lo


@torch.jit.script
def count_above(x: Tensor, limit: float) -> int:
    n = 0
    for i in range(x.size(0)):
        if x[i] > limit:
            n += 1
    return n
