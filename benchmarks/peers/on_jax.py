"""The workloads as JAX's users write them."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.case import Case, Framework, bound
from benchmarks.inputs import LEARNING_RATE, MOMENTUM, PROBE_STEPS, inputs

jax.config.update("jax_enable_x64", True)
given = inputs()


def logistic(x, n):
    def body(state):
        i, x = state
        x = lax.cond(x > 0.5, lambda x: jnp.float32(3.7) * x * (1 - x), lambda x: x + jnp.float32(0.1) * x, x)
        return i + 1, x

    return lax.while_loop(lambda state: state[0] < n, body, (jnp.int64(0), x))[1]


def lotka_volterra(y):
    return jnp.stack([1.5 * y[0] - y[0] * y[1], -3.0 * y[1] + y[0] * y[1]])


def ode(y, t1):
    def body(state):
        t, y, h = state
        h = jnp.minimum(h, t1 - t)
        k1 = lotka_volterra(y)
        k2 = lotka_volterra(y + h * k1 * 0.5)
        k3 = lotka_volterra(y + h * k2 * 0.75)
        yn = y + h * (2.0 / 9 * k1 + 1.0 / 3 * k2 + 4.0 / 9 * k3)
        k4 = lotka_volterra(yn)
        err = jnp.sqrt(jnp.sum((h * (-5.0 / 72 * k1 + 1.0 / 12 * k2 + 1.0 / 9 * k3 - 0.125 * k4)) ** 2))
        t, y = lax.cond(err < 1e-6, lambda: (t + h, yn), lambda: (t, y))
        return t, y, h * jnp.clip(0.9 * (1e-6 / (err + 1e-12)) ** (1.0 / 3), 0.2, 5.0)

    return lax.while_loop(lambda state: state[0] < t1, body, (jnp.float64(0), y, jnp.float64(0.01)))[1]


def branch(x):
    return lax.cond(x.mean() > 0, lambda x: jax.nn.relu(x) * 2, lambda x: jnp.exp(x) - 1, x).sum()


def call3(a, b, c):
    return a * b + c


def rnn(x, wx, wh, b, n):
    def body(t, h):
        return jnp.tanh(lax.dynamic_index_in_dim(x, t, 0, False) @ wx + h @ wh + b)

    h = lax.fori_loop(0, n, body, jnp.zeros((x.shape[1], wh.shape[0]), jnp.float32))
    return (h * h).sum()


def rnn_of_fixed_length(x, wx, wh, b, n):
    """While loops have no reverse mode in JAX: a fixed trip count (scan) is what its users write."""
    h = jnp.zeros((x.shape[1], wh.shape[0]), jnp.float32)
    h, _ = lax.scan(lambda h, xt: (jnp.tanh(xt @ wx + h @ wh + b), None), h, x[:n])
    return (h * h).sum()


def chain(x):
    g = 0.5 * x * (1 + jnp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    return jax.nn.sigmoid(g) * jnp.exp(-x * x) + jnp.log1p(jnp.abs(x))


def layer_norm(x):
    m = x.mean(-1, keepdims=True)
    return (x - m) * lax.rsqrt(((x - m) ** 2).mean(-1, keepdims=True) + 1e-5)


def attn(x, wq, wk, wv, wo, w1, w2):
    batch, tokens, features = x.shape

    def heads(t):
        return t.reshape(batch, tokens, 8, 32).transpose(0, 2, 1, 3)

    h = layer_norm(x)
    q, k, v = heads(h @ wq), heads(h @ wk), heads(h @ wv)
    a = jax.nn.softmax(q @ k.transpose(0, 1, 3, 2) / 5.656854, axis=-1) @ v
    x = x + a.transpose(0, 2, 1, 3).reshape(batch, tokens, features) @ wo
    return x + jax.nn.gelu(layer_norm(x) @ w1, approximate=False) @ w2


def cross_entropy(logits, y):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1))


def mlp(params, x):
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def mlp_step(params, m, v, t, x, y):
    """Adam."""
    loss, g = jax.value_and_grad(lambda p: cross_entropy(mlp(p, x), y))(params)
    t = t + 1
    each = jax.tree_util.tree_map
    m = each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    c1, c2 = 1 - 0.9**t, 1 - 0.999**t
    rate = LEARNING_RATE["mlp"]
    params = each(lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), params, m, v)
    return params, m, v, t, loss


def lenet(params, x):
    def conv(x, w, b, padding):
        return lax.conv_general_dilated(x, w, (1, 1), padding) + b[:, None, None]

    def pool(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    (w1, b1), (w2, b2), (w3, b3), (w4, b4), (w5, b5) = params
    x = pool(jax.nn.relu(conv(x, w1, b1, "SAME")))
    x = pool(jax.nn.relu(conv(x, w2, b2, "VALID")))
    x = x.reshape(x.shape[0], -1)
    return jax.nn.relu(jax.nn.relu(x @ w3 + b3) @ w4 + b4) @ w5 + b5


def lenet_step(params, velocity, x, y):
    """Gradient descent with momentum."""
    each = jax.tree_util.tree_map
    g = jax.grad(lambda p: cross_entropy(lenet(p, x), y))(params)
    velocity = each(lambda v, d: MOMENTUM * v + d, velocity, g)
    return each(lambda p, v: p - LEARNING_RATE["lenet"] * v, params, velocity), velocity


class Training:
    """A step that is called with its own last results."""

    def __init__(self, step: Any, weights: Any, zeros: int, counter: bool, data: Any) -> None:
        self._step, self._weights, self._zeros, self._counter = step, weights, zeros, counter
        self._data = [jnp.asarray(x) for x in data]
        self.reset()

    def reset(self) -> None:
        params = jax.tree_util.tree_map(jnp.asarray, self._weights)
        state = [jax.tree_util.tree_map(jnp.zeros_like, params) for _ in range(self._zeros)]
        self._state = [params, *state, *([jnp.float32(0)] if self._counter else [])]

    def make(self) -> Any:
        """The state that is passed in is given up: JAX may write the new one over it."""
        step = jax.jit(self._step, donate_argnums=tuple(range(1 + self._zeros)))

        def call() -> Any:
            out = step(*self._state, *self._data)
            self._state = list(out[: len(self._state)])
            return out

        return call

    def case(self) -> Case:
        return Case(self.make, state=lambda: self._state[0], reset=self.reset)


def device(values: Any) -> tuple[Any, ...]:
    return tuple(jnp.asarray(v) for v in values)


def arrays(result: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in jax.tree_util.tree_leaves(result)]


def load(mode: str) -> Framework:
    assert mode == "jit"
    gradient = partial(jax.grad, argnums=(1, 2, 3))
    *cell, n = given.rnn
    cases = {
        "logistic": lambda: Case(bound(jax.jit, logistic, *given.logistic), (given.logistic[0], np.int64(PROBE_STEPS))),
        "ode": lambda: Case(bound(jax.jit, ode, jnp.asarray(given.ode[0]), float(given.ode[1]))),
        "branch": lambda: Case(bound(jax.jit, branch, jnp.asarray(given.branch))),
        "call3": lambda: Case(bound(jax.jit, call3, *device(given.call3))),
        "rnn_fwd": lambda: Case(bound(jax.jit, rnn, *device(cell), n)),
        "rnn_grad": lambda: Case(
            bound(lambda f: jax.jit(gradient(f)), partial(rnn_of_fixed_length, n=int(n)), *device(cell))
        ),
        "chain": lambda: Case(bound(jax.jit, chain, jnp.asarray(given.chain))),
        "attn": lambda: Case(bound(jax.jit, attn, *device(given.attn))),
        "mlp_train": lambda: Training(mlp_step, given.mlp_weights, 2, True, given.mlp).case(),
        "lenet_train": lambda: Training(lenet_step, given.lenet_weights, 1, False, given.lenet).case(),
    }
    return Framework("JAX jit", jax.__version__, cases, finish=jax.block_until_ready, arrays=arrays)
