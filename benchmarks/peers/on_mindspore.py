"""The workloads as MindSpore's users write them: `mindspore.jit`."""

from typing import Any

import mindspore
import numpy as np
from mindspore import Tensor, jit, ops

from benchmarks.case import Case, Framework, bound
from benchmarks.inputs import LOGISTIC_STEPS, PROBE_STEPS, inputs
from benchmarks.worker import threads

mindspore.set_device("CPU")
mindspore.runtime.dispatch_threads_num(threads())
given = inputs()
STEPS = 1_000
"""Of the logistic map: all would take twenty seconds a call."""


def logistic(x, n):
    i = Tensor(0, mindspore.int64)
    while i < n:
        if x > 0.5:
            x = 3.7 * x * (1 - x)
        else:
            x = x + 0.1 * x
        i = i + 1
    return x


def branch(x):
    if x.mean() > 0:
        y = ops.relu(x) * 2
    else:
        y = ops.exp(x) - 1
    return y.sum()


def call3(a, b, c):
    return a * b + c


def rnn(x, wx, wh, b, n):
    h = ops.zeros((32, 128), mindspore.float32)
    t = Tensor(0, mindspore.int64)
    while t < n:
        h = ops.tanh(ops.matmul(x[t], wx) + ops.matmul(h, wh) + b)
        t = t + 1
    return (h * h).sum()


def chain(x):
    g = 0.5 * x * (1 + ops.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    return ops.sigmoid(g) * ops.exp(-x * x) + ops.log1p(ops.abs(x))


def converted_gradient(function: Any) -> Any:
    return jit(mindspore.grad(function, grad_position=(1, 2, 3)))


def tensors(values: Any) -> tuple[Any, ...]:
    return tuple(Tensor(v) for v in values)


def arrays(result: Any) -> list[np.ndarray]:
    return [t.asnumpy() for t in (result if isinstance(result, list | tuple) else [result])]


def load(mode: str) -> Framework:
    assert mode == "jit"
    start = tensors((given.logistic[0], np.int64(STEPS)))
    probe = tensors((given.logistic[0], np.int64(PROBE_STEPS)))
    cases = {
        "logistic": lambda: Case(bound(jit, logistic, *start), probe, share=STEPS / LOGISTIC_STEPS),
        "branch": lambda: Case(bound(jit, branch, *tensors([given.branch]))),
        "call3": lambda: Case(bound(jit, call3, *tensors(given.call3))),
        "rnn_fwd": lambda: Case(bound(jit, rnn, *tensors(given.rnn))),
        "rnn_grad": lambda: Case(bound(converted_gradient, rnn, *tensors(given.rnn))),
        "chain": lambda: Case(bound(jit, chain, *tensors([given.chain]))),
    }
    return Framework("MindSpore", mindspore.__version__, cases, finish=arrays, arrays=arrays)
