import mindspore
import mindspore.ops as ops
from mindspore import jit


@jit
def cumulative(xs):
    def add(carry, x):
        carry = carry + x
        return carry, carry * 2

    total, doubled = ops.scan(add, ops.zeros_like(xs[0]), xs)
    return total, doubled


@jit
def triangular(n):
    return ops.fori_loop(0, n, lambda i, s: s + i, 0)


@jit
def decay(x, n):
    def half(i, x):
        x = x * 0.5
        return x

    return ops.fori_loop(0, n, half, x)
