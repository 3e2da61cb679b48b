import jax
import jax.numpy as jnp
from jax.lax import cond, select, switch


@jax.jit
def safe_log(x):
    return cond(x > 0, jnp.log, lambda v: jnp.full_like(v, -1.0), x)


@jax.jit
def clip_norm(g, limit):
    norm = jnp.sqrt(jnp.sum(g * g))

    def scale(g):
        # keeps the direction
        factor = limit / norm
        return g * factor

    def keep(g):
        return g

    g = cond(norm > limit, scale, keep, g)
    return g


@jax.jit
def activation(kind, x):
    return switch(kind, [jax.nn.relu, jnp.tanh, lambda v: v * v], x)


@jax.jit
def nested(x):
    y = cond(
        x.sum() > 0,
        lambda v: cond(v[0] > 1, lambda u: u * 2, lambda u: u * 3, v),
        lambda v: -v,
        x,
    )
    return select(y > 4, y - 4, y)
