"""Functional updates."""
import jax
from jax import lax, numpy as jnp


@jax.jit
def sieve(flags):
    """Primes by crossing out multiples."""
    n = flags.shape[0]
    flags = flags.at[:2].set(False)

    def outer(i, flags):
        def cross_out(flags):
            def inner(state):
                j, flags = state
                flags = flags.at[j].set(False)
                return j + i, flags

            return lax.while_loop(lambda s: s[0] < n, inner, (i * i, flags))[1]

        return lax.cond(flags[i], cross_out, lambda fs: fs, flags)

    return lax.fori_loop(2, n, outer, flags)


@jax.jit
def histogram(bins, count):
    counts = jnp.zeros((count,))
    return counts.at[bins].add(1.0)


@jax.jit
def both(x):
    y = x.at[0].multiply(10.0)  # x stays as it is
    z = y.at[-1].max(7.0)
    return x, z
