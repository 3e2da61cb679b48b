import jax
import jax.numpy as jnp
from jax import lax


def pendulum(state, t):
    angle, speed = state[0], state[1]
    return jnp.stack([speed, -jnp.sin(angle)])


def rk4_step(state, t, dt):
    k1 = pendulum(state, t)
    k2 = pendulum(state + 0.5 * dt * k1, t + 0.5 * dt)
    k3 = pendulum(state + 0.5 * dt * k2, t + 0.5 * dt)
    k4 = pendulum(state + dt * k3, t + dt)
    return state + dt / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)


@jax.jit
def solve(state, dt, end):
    """Steps until `end`; how many these are is not known beforehand."""
    result = lax.while_loop(
        lambda carry: carry[1] < end,
        lambda carry: (rk4_step(carry[0], carry[1], dt), carry[1] + dt),
        (state, jnp.asarray(0.0)),
    )
    return result[0]
