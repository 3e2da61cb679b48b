"""Higher-order operators."""
import torch
from torch import cond
from torch._higher_order_ops.while_loop import while_loop


@torch.compile
def absolute(x):
    return cond(x.sum() > 0, lambda x: x.clone(), lambda x: -x, (x,))


@torch.compile
def branch(x, y):
    def true_fn(x, y):
        z = x * y
        return z.sum()

    def false_fn(x, y):
        return (x - y).sum()

    result = torch.cond(x.mean() > y.mean(), true_fn, false_fn, (x, y))
    return result + 1.0


@torch.compile
def halvings(x):
    def cond_fn(x, n):
        return x > 1.0

    def body_fn(x, n):
        return x / 2, n + 1

    x, n = while_loop(cond_fn, body_fn, (x, torch.tensor(0)))
    return n
