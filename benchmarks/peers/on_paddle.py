"""The workloads as PaddlePaddle's users write them: `paddle.jit.to_static`."""

from functools import partial
from typing import Any

import numpy as np
import paddle

from benchmarks.case import Case, Framework, bound
from benchmarks.inputs import LOGISTIC_STEPS, PROBE_STEPS, inputs

paddle.set_device("cpu")
given = inputs()
STEPS = 10_000
"""Of the logistic map: all would take half a minute a call."""


def logistic(x, n):
    i = paddle.zeros([], "int64")
    while i < n:
        if x > 0.5:
            x = 3.7 * x * (1 - x)
        else:
            x = x + 0.1 * x
        i = i + 1
    return x


def lotka_volterra(y):
    return paddle.stack([1.5 * y[0] - y[0] * y[1], -3.0 * y[1] + y[0] * y[1]])


def ode(y, t1):
    t = paddle.zeros([], "float64")
    h = paddle.full([], 0.01, "float64")
    while t < t1:
        h = paddle.minimum(h, t1 - t)
        k1 = lotka_volterra(y)
        k2 = lotka_volterra(y + h * k1 * 0.5)
        k3 = lotka_volterra(y + h * k2 * 0.75)
        yn = y + h * (2.0 / 9 * k1 + 1.0 / 3 * k2 + 4.0 / 9 * k3)
        k4 = lotka_volterra(yn)
        err = paddle.sqrt(paddle.sum((h * (-5.0 / 72 * k1 + 1.0 / 12 * k2 + 1.0 / 9 * k3 - 0.125 * k4)) ** 2))
        if err < 1e-6:
            t = t + h
            y = yn
        h = h * paddle.clip(0.9 * (1e-6 / (err + 1e-12)) ** (1.0 / 3), 0.2, 5.0)
    return y


def branch(x):
    if x.mean() > 0:
        y = paddle.nn.functional.relu(x) * 2
    else:
        y = paddle.exp(x) - 1
    return y.sum()


def call3(a, b, c):
    return a * b + c


def rnn(x, wx, wh, b, n):
    h = paddle.zeros([32, 128])
    t = paddle.zeros([], "int64")
    while t < n:
        h = paddle.tanh(x[t] @ wx + h @ wh + b)
        t = t + 1
    return (h * h).sum()


def chain(x):
    g = 0.5 * x * (1 + paddle.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    return paddle.nn.functional.sigmoid(g) * paddle.exp(-x * x) + paddle.log1p(paddle.abs(x))


convert = partial(paddle.jit.to_static, full_graph=True)


def without_gradients(function: Any) -> Any:
    converted = convert(function)

    def call(*args: Any) -> Any:
        with paddle.no_grad():
            return converted(*args)

    return call


def rnn_grad() -> Case:
    args = tensors(given.rnn)
    for weight in args[1:4]:
        weight.stop_gradient = False

    def make() -> Any:
        f = convert(rnn)
        return lambda: paddle.grad(f(*args), list(args[1:4]))

    return Case(make)


def tensors(values: Any) -> tuple[Any, ...]:
    return tuple(paddle.to_tensor(v) for v in values)


def arrays(result: Any) -> list[np.ndarray]:
    return [t.numpy() for t in (result if isinstance(result, list | tuple) else [result]) if t is not None]


def load(mode: str) -> Framework:
    assert mode == "static"
    x0 = paddle.to_tensor(given.logistic[0])
    start = tensors((given.logistic[0], np.int64(STEPS)))
    probe = (x0, paddle.to_tensor(np.int64(PROBE_STEPS)))
    cases = {
        "logistic": lambda: Case(bound(without_gradients, logistic, *start), probe, share=STEPS / LOGISTIC_STEPS),
        "ode": lambda: Case(bound(without_gradients, ode, *tensors(given.ode))),
        "branch": lambda: Case(bound(without_gradients, branch, *tensors([given.branch]))),
        "call3": lambda: Case(bound(without_gradients, call3, *tensors(given.call3))),
        "rnn_fwd": lambda: Case(bound(without_gradients, rnn, *tensors(given.rnn))),
        "rnn_grad": rnn_grad,
        "chain": lambda: Case(bound(without_gradients, chain, *tensors([given.chain]))),
    }
    return Framework("Paddle", paddle.__version__, cases, finish=arrays, arrays=arrays)
