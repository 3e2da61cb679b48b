"""The workloads as TensorFlow's users write them: `tf.function`, without and with XLA."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.case import Case, Framework, bound
from benchmarks.inputs import PROBE_STEPS, inputs
from benchmarks.worker import threads

tf.config.threading.set_intra_op_parallelism_threads(threads())
given = inputs()


def logistic(x, n):
    i = tf.constant(0, tf.int64)
    while i < n:
        if x > 0.5:
            x = 3.7 * x * (1 - x)
        else:
            x = x + 0.1 * x
        i += 1
    return x


def lotka_volterra(y):
    return tf.stack([1.5 * y[0] - y[0] * y[1], -3.0 * y[1] + y[0] * y[1]])


def ode(y, t1):
    t = tf.constant(0.0, tf.float64)
    h = tf.constant(0.01, tf.float64)
    while t < t1:
        h = tf.minimum(h, t1 - t)
        k1 = lotka_volterra(y)
        k2 = lotka_volterra(y + h * k1 * 0.5)
        k3 = lotka_volterra(y + h * k2 * 0.75)
        yn = y + h * (2.0 / 9 * k1 + 1.0 / 3 * k2 + 4.0 / 9 * k3)
        k4 = lotka_volterra(yn)
        err = tf.sqrt(tf.reduce_sum((h * (-5.0 / 72 * k1 + 1.0 / 12 * k2 + 1.0 / 9 * k3 - 0.125 * k4)) ** 2))
        if err < 1e-6:
            t = t + h
            y = yn
        h = h * tf.clip_by_value(0.9 * (1e-6 / (err + 1e-12)) ** (1.0 / 3), 0.2, 5.0)
    return y


def branch(x):
    if tf.reduce_mean(x) > 0:
        y = tf.nn.relu(x) * 2
    else:
        y = tf.exp(x) - 1
    return tf.reduce_sum(y)


def call3(a, b, c):
    return a * b + c


def rnn(x, wx, wh, b, n):
    h = tf.zeros((32, 128))
    for t in tf.range(n):
        h = tf.tanh(x[t] @ wx + h @ wh + b)
    return tf.reduce_sum(h * h)


def rnn_grad(x, wx, wh, b, n):
    with tf.GradientTape() as tape:
        tape.watch([wx, wh, b])
        loss = rnn(x, wx, wh, b, n)
    return tape.gradient(loss, [wx, wh, b])


def chain(x):
    g = 0.5 * x * (1 + tf.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    return tf.sigmoid(g) * tf.exp(-x * x) + tf.math.log1p(tf.abs(x))


def tensors(values: Any) -> tuple[Any, ...]:
    return tuple(tf.constant(v) for v in values)


def arrays(result: Any) -> list[np.ndarray]:
    return [np.asarray(t) for t in tf.nest.flatten(result)]


CONVERT: dict[str, Callable[[Any], Any]] = {"graph": tf.function, "xla": partial(tf.function, jit_compile=True)}


def load(mode: str) -> Framework:
    convert = CONVERT[mode]
    steps = tf.constant(PROBE_STEPS, tf.int64)
    cases = {
        "logistic": lambda: Case(
            bound(convert, logistic, *tensors(given.logistic)), (tf.constant(given.logistic[0]), steps)
        ),
        "ode": lambda: Case(bound(convert, ode, *tensors(given.ode))),
        "branch": lambda: Case(bound(convert, branch, tf.constant(given.branch))),
        "call3": lambda: Case(bound(convert, call3, *tensors(given.call3))),
        "rnn_fwd": lambda: Case(bound(convert, rnn, *tensors(given.rnn))),
        "rnn_grad": lambda: Case(bound(convert, rnn_grad, *tensors(given.rnn))),
        "chain": lambda: Case(bound(convert, chain, tf.constant(given.chain))),
    }
    name = {"graph": "tf.function", "xla": "tf XLA"}[mode]
    return Framework(name, tf.__version__, cases, finish=arrays, arrays=arrays)
