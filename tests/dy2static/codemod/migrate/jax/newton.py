"""Square roots by Newton's method."""
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax


@partial(jax.jit, static_argnums=(1,))
def newton(a, steps):
    def cond(state):
        """Not there yet."""
        i, x = state
        return (i < steps) & (jnp.abs(x * x - a) > 1e-12)

    def body(state):
        i, x = state
        # the mean of a guess that is too small and one that is too large
        x = 0.5 * (x + a / x)
        return i + 1, x

    _, x = lax.while_loop(cond, body, (0, a))  # quadratic convergence
    return x
