"""The workloads as our users write them: plain functions and models. `benchmarks/peers/` has those of other frameworks.

python -m benchmarks workloads [NAME ...] [--executor E] [--quick]: eager beside converted, in one process.
"""

import argparse
import importlib.metadata
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

import eager as xp
import eager.functional as F
from benchmarks.case import Case, Framework, Running, bound
from benchmarks.inputs import LEARNING_RATE, MLP_SIZES, MOMENTUM, PROBE_STEPS, WORKLOADS, inputs
from dy2static import to_static
from eager import nn, optim


def logistic(x, n):
    i = 0
    while i < n:
        if x > 0.5:
            x = 3.7 * x * (1 - x)
        else:
            x = x + 0.1 * x
        i += 1
    return x


def lotka_volterra(y):
    return xp.stack([1.5 * y[0] - y[0] * y[1], -3.0 * y[1] + y[0] * y[1]])


def ode(y, t1):
    t = 0.0
    h = 0.01
    while t < t1:
        h = xp.minimum(h, t1 - t)
        k1 = lotka_volterra(y)
        k2 = lotka_volterra(y + h * k1 * 0.5)
        k3 = lotka_volterra(y + h * k2 * 0.75)
        yn = y + h * (2.0 / 9 * k1 + 1.0 / 3 * k2 + 4.0 / 9 * k3)
        k4 = lotka_volterra(yn)
        err = xp.sqrt(xp.sum((h * (-5.0 / 72 * k1 + 1.0 / 12 * k2 + 1.0 / 9 * k3 - 0.125 * k4)) ** 2))
        if err < 1e-6:
            t = t + h
            y = yn
        h = h * xp.clip(0.9 * (1e-6 / (err + 1e-12)) ** (1.0 / 3), 0.2, 5.0)
    return y


def branch(x):
    if x.mean() > 0:
        y = F.relu(x) * 2
    else:
        y = xp.exp(x) - 1
    return y.sum()


def call3(a, b, c):
    return a * b + c


def rnn(x, wx, wh, b, n):
    h = xp.zeros((x.shape[1], wh.shape[0]), dtype=x.dtype)
    for t in range(n):
        h = xp.tanh(x[t] @ wx + h @ wh + b)
    return (h * h).sum()


def rnn_grad(x, wx, wh, b, n):
    return xp.grad(rnn, argnums=(1, 2, 3))(x, wx, wh, b, n)


def chain(x):
    g = 0.5 * x * (1 + xp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    return xp.sigmoid(g) * xp.exp(-x * x) + xp.log1p(xp.abs(x))


def attn(x, wq, wk, wv, wo, w1, w2):
    batch, tokens, features = x.shape

    def heads(t):
        return t.reshape(batch, tokens, 8, 32).swapaxes(1, 2)

    h = F.layer_norm(x, features)
    q, k, v = heads(h @ wq), heads(h @ wk), heads(h @ wv)
    a = F.softmax(q @ k.mT / 5.656854, axis=-1) @ v
    x = x + a.swapaxes(1, 2).reshape(batch, tokens, features) @ wo
    return x + F.gelu(F.layer_norm(x, features) @ w1) @ w2


class MLP(nn.Module):
    def __init__(self, sizes):
        self.layers = nn.ModuleList([nn.Linear(a, b, dtype=xp.float32) for a, b in pairwise(sizes)])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class LeNet(nn.Module):
    def __init__(self):
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2, dtype=xp.float32)
        self.conv2 = nn.Conv2d(6, 16, 5, dtype=xp.float32)
        self.fc1 = nn.Linear(400, 120, dtype=xp.float32)
        self.fc2 = nn.Linear(120, 84, dtype=xp.float32)
        self.fc3 = nn.Linear(84, 10, dtype=xp.float32)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.reshape(x.shape[0], -1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def training_step(model, optimizer):
    """One step of any model: forward, backward, the optimizer, and the writes to its state."""

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


Convert = Callable[[Callable[..., Any]], Callable[..., Any]]


def framework(executor: str) -> Framework:
    """Our cases. `executor` is one of `to_static`, or "eager": the functions as they are."""
    convert = plain if executor == "eager" else partial(to_static, executor=executor)
    given = inputs()
    cases: dict[str, Callable[[], Case]] = {
        "logistic": lambda: Case(
            bound(convert, logistic, *tensors(given.logistic)), tensors((given.logistic[0], np.int64(PROBE_STEPS)))
        ),
        "ode": lambda: Case(bound(convert, ode, *tensors(given.ode))),
        "branch": lambda: Case(bound(convert, branch, xp.asarray(given.branch))),
        "call3": lambda: Case(bound(convert, call3, *tensors(given.call3))),
        "rnn_fwd": lambda: Case(bound(convert, rnn, *tensors(given.rnn))),
        "rnn_grad": lambda: Case(bound(convert, rnn_grad, *tensors(given.rnn))),
        "chain": lambda: Case(bound(convert, chain, xp.asarray(given.chain))),
        "attn": lambda: Case(bound(convert, attn, *tensors(given.attn))),
        "mlp_train": lambda: mlp_train(convert),
        "lenet_train": lambda: lenet_train(convert),
    }
    return Framework(
        f"dy2static {executor}",
        importlib.metadata.version("dy2static"),
        cases,
        finish=finished,
        arrays=arrays,
        settle=settled,
    )


def mlp_train(convert: Convert) -> Case:
    given = inputs()
    model = MLP(MLP_SIZES)
    start(model, given.mlp_weights)
    optimizer = optim.Adam(model.parameters(), lr=LEARNING_RATE["mlp"])
    return training_case(convert, model, optimizer, tensors(given.mlp))


def lenet_train(convert: Convert) -> Case:
    given = inputs()
    model = LeNet()
    start(model, given.lenet_weights)
    optimizer = optim.SGD(model.parameters(), lr=LEARNING_RATE["lenet"], momentum=MOMENTUM)
    return training_case(convert, model, optimizer, tensors(given.lenet))


def training_case(convert: Convert, model: nn.Module, optimizer: optim.Optimizer, data: tuple[Any, ...]) -> Case:
    first, first_state = model.state_dict(), optimizer.state_dict()

    def reset() -> None:
        model.load_state_dict(first)
        optimizer.load_state_dict(first_state)

    def state() -> list[np.ndarray]:
        """By layer, weight (in, out) and bias."""
        found = [np.asarray(p) for p in model.parameters()]
        return [w.T if w.ndim == 2 else w for w in found]

    return Case(bound(convert, training_step(model, optimizer), *data), state=state, reset=reset)


def start(model: nn.Module, weights: Any) -> None:
    """Give a model its first Parameters: ours are (out, in)."""
    flat = [w.T if w.ndim == 2 else w for pair in weights for w in pair]
    with xp.no_grad():
        for parameter, value in zip(model.parameters(), flat, strict=True):
            parameter.assign(xp.asarray(value.copy()))


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def tensors(values: Any) -> tuple[Any, ...]:
    return tuple(xp.asarray(v) for v in values)


def finished(result: Any) -> Any:
    return result


def settled(call: Any) -> None:
    """Return when the native code of the function that was called is there."""
    wait = getattr(call.func, "wait_compiled", None)
    if wait is not None:
        wait()


def arrays(result: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in result] if isinstance(result, list | tuple) else [np.asarray(result)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks workloads", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(WORKLOADS)}; all without")
    parser.add_argument("--executor", default="native")
    parser.add_argument("--quick", action="store_true", help="0.1 seconds a workload instead of 1")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in WORKLOADS]
    if unknown:
        parser.error(f"there is no workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    seconds = 0.1 if chosen.quick else 1.0
    print(f"{'workload':<12}{'eager us':>14}{'converted us':>14}{'ratio':>8}{'first call ms':>15}")
    for name in chosen.names or WORKLOADS:
        static = Running(framework(chosen.executor), name)
        eager = Running(framework("eager"), name)
        for ours, expected in zip(static.outcome, eager.outcome, strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6, err_msg=name)
        plain_us, converted_us = (float(np.median(r.burst(seconds))) * 1e6 for r in (eager, static))
        ratio = converted_us / plain_us
        print(f"{name:<12}{plain_us:>14.1f}{converted_us:>14.1f}{ratio:>8.2f}{static.first_seconds * 1e3:>15.1f}")


if __name__ == "__main__":
    main()
