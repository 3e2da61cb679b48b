import jax.numpy as jnp
from jax import jit, lax


@jit
def power_iteration(a, n):
    v = jnp.ones((a.shape[0],)) / jnp.sqrt(a.shape[0])

    def body(_, v):
        w = a @ v
        return w / jnp.linalg.norm(w)

    v = lax.fori_loop(0, n, body, v)
    return v @ a @ v


@jit
def fibonacci(n):
    pair = lax.fori_loop(1, n, lambda i, ab: (ab[1], ab[0] + ab[1]), (jnp.asarray(0), jnp.asarray(1)))
    return pair[1]


@jit
def harmonic(n):
    return 1.0 + lax.fori_loop(2, n + 1, lambda i, total: total + 1.0 / i, 0.0)
