import jax
from jax import lax
import jax.numpy as jnp


@jax.jit
def bisect(lo, hi, tolerance):
    """The root of x**3 - 2 between `lo` and `hi`."""

    def unfinished(bounds):
        return bounds[1] - bounds[0] > tolerance

    def halve(bounds):
        lo, hi = bounds
        mid = (lo + hi) / 2
        below = mid**3 < 2.0
        return jnp.where(below, mid, lo), jnp.where(below, hi, mid)

    lo, hi = lax.while_loop(unfinished, halve, (lo, hi))
    return (lo + hi) / 2


@jax.jit
def collatz(n):
    def step(s):
        n, count = s
        n = lax.cond(n % 2 == 0, lambda m: m // 2, lambda m: 3 * m + 1, n)
        return n, count + 1

    return lax.while_loop(lambda s: s[0] != 1, step, (n, 0))[1]
