"""The workloads as PyTorch's users write them: eager, `torch.jit.script` and `torch.compile`."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.case import Case, Framework, bound
from benchmarks.inputs import LEARNING_RATE, LOGISTIC_STEPS, MLP_SIZES, MOMENTUM, PROBE_STEPS, inputs
from benchmarks.worker import threads

warnings.filterwarnings("ignore")
torch.set_num_threads(threads())
given = inputs()
EAGER_STEPS = 10_000
"""Of the logistic map, where each step takes the interpreter's time."""


def logistic(x: torch.Tensor, n: int) -> torch.Tensor:
    i = 0
    while i < n:
        if bool(x > 0.5):
            x = 3.7 * x * (1 - x)
        else:
            x = x + 0.1 * x
        i += 1
    return x


def lotka_volterra(y: torch.Tensor) -> torch.Tensor:
    return torch.stack([1.5 * y[0] - y[0] * y[1], -3.0 * y[1] + y[0] * y[1]])


def ode(y: torch.Tensor, t1: float) -> torch.Tensor:
    t = torch.zeros((), dtype=torch.float64)
    h = torch.full((), 0.01, dtype=torch.float64)
    while bool(t < t1):
        h = torch.minimum(h, t1 - t)
        k1 = lotka_volterra(y)
        k2 = lotka_volterra(y + h * k1 * 0.5)
        k3 = lotka_volterra(y + h * k2 * 0.75)
        yn = y + h * (2.0 / 9 * k1 + 1.0 / 3 * k2 + 4.0 / 9 * k3)
        k4 = lotka_volterra(yn)
        err = torch.sqrt(torch.sum((h * (-5.0 / 72 * k1 + 1.0 / 12 * k2 + 1.0 / 9 * k3 - 0.125 * k4)) ** 2))
        if bool(err < 1e-6):
            t = t + h
            y = yn
        h = h * torch.clamp(0.9 * (1e-6 / (err + 1e-12)) ** (1.0 / 3), 0.2, 5.0)
    return y


def branch(x: torch.Tensor) -> torch.Tensor:
    if bool(x.mean() > 0):
        y = torch.relu(x) * 2
    else:
        y = torch.exp(x) - 1
    return y.sum()


def call3(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    return a * b + c


def rnn(x: torch.Tensor, wx: torch.Tensor, wh: torch.Tensor, b: torch.Tensor, n: int) -> torch.Tensor:
    h = torch.zeros(x.shape[1], wh.shape[0])
    for t in range(n):
        h = torch.tanh(x[t] @ wx + h @ wh + b)
    return (h * h).sum()


def chain(x: torch.Tensor) -> torch.Tensor:
    g = 0.5 * x * (1 + torch.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    return torch.sigmoid(g) * torch.exp(-x * x) + torch.log1p(torch.abs(x))


def attn(
    x: torch.Tensor,
    wq: torch.Tensor,
    wk: torch.Tensor,
    wv: torch.Tensor,
    wo: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
) -> torch.Tensor:
    h = F.layer_norm(x, [256])
    batch, tokens, features = x.shape
    q = (h @ wq).view(batch, tokens, 8, 32).transpose(1, 2)
    k = (h @ wk).view(batch, tokens, 8, 32).transpose(1, 2)
    v = (h @ wv).view(batch, tokens, 8, 32).transpose(1, 2)
    a = torch.softmax(q @ k.transpose(-1, -2) / 5.656854, dim=-1) @ v
    x = x + a.transpose(1, 2).reshape(batch, tokens, features) @ wo
    return x + F.gelu(F.layer_norm(x, [256]) @ w1) @ w2


def mlp() -> nn.Module:
    a, b, c, d = MLP_SIZES
    return nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Linear(c, d))


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


Convert = Callable[[Any], Any]


def as_it_is(function: Any) -> Any:
    return function


CONVERT: dict[str, Convert] = {"eager": as_it_is, "script": torch.jit.script, "compile": torch.compile}


def without_gradients(convert: Convert) -> Convert:
    def prepared(function: Any) -> Any:
        converted = convert(function)

        def call(*args: Any) -> Any:
            with torch.no_grad():
                return converted(*args)

        return call

    return prepared


def rnn_grad(convert: Convert) -> Case:
    x, *weights = tensors(given.rnn[:4])
    for p in weights:
        p.requires_grad_(True)

    def make() -> Any:
        f = convert(rnn)

        def call() -> list[torch.Tensor]:
            for p in weights:
                p.grad = None
            f(x, *weights, int(given.rnn[4])).backward()
            return [p.grad for p in weights]

        return call

    return Case(make)


def training(convert: Convert, model: nn.Module, weights: Any, optimizer: Any, data: Any) -> Case:
    flat = [torch.from_numpy(np.ascontiguousarray(w.T if w.ndim == 2 else w)) for pair in weights for w in pair]
    x, y = tensors(data)

    def reset() -> None:
        with torch.no_grad():
            for p, w in zip(model.parameters(), flat, strict=True):
                p.copy_(w)
            for state in opt.state.values():
                for s in state.values():
                    if s is not None:
                        s.zero_()

    def make() -> Any:
        converted = convert(model)

        def step() -> torch.Tensor:
            opt.zero_grad()
            loss = F.cross_entropy(converted(x), y)
            loss.backward()
            opt.step()
            return loss

        return step

    def state() -> list[torch.Tensor]:
        return [p.T if p.ndim == 2 else p for p in model.parameters()]

    opt = optimizer(model.parameters())
    reset()
    return Case(make, state=state, reset=reset)


def tensors(values: Any) -> list[torch.Tensor]:
    return [torch.from_numpy(np.asarray(v).copy()) for v in values]


def arrays(result: Any) -> list[np.ndarray]:
    return [r.detach().numpy() for r in (result if isinstance(result, list) else [result])]


def finish(result: Any) -> Any:
    """Nothing to wait for: the CPU's calls end when they return."""
    return result


def load(mode: str) -> Framework:
    convert = CONVERT[mode]
    infer = without_gradients(convert)
    n = int(given.rnn[4])
    steps = LOGISTIC_STEPS if mode == "script" else EAGER_STEPS
    x0 = torch.tensor(given.logistic[0])
    cases = {
        "branch": lambda: Case(bound(infer, branch, *tensors([given.branch]))),
        "call3": lambda: Case(bound(infer, call3, *tensors(given.call3))),
        "rnn_fwd": lambda: Case(bound(infer, rnn, *tensors(given.rnn[:4]), n)),
        "rnn_grad": lambda: rnn_grad(convert),
        "chain": lambda: Case(bound(infer, chain, *tensors([given.chain]))),
        "attn": lambda: Case(bound(infer, attn, *tensors(given.attn))),
        "mlp_train": lambda: training(
            convert, mlp(), given.mlp_weights, partial(torch.optim.Adam, lr=LEARNING_RATE["mlp"]), given.mlp
        ),
        "lenet_train": lambda: training(
            convert,
            lenet(),
            given.lenet_weights,
            partial(torch.optim.SGD, lr=LEARNING_RATE["lenet"], momentum=MOMENTUM),
            given.lenet,
        ),
    }
    if mode != "compile":  # it would unroll the loops, or leave them to the interpreter
        cases["logistic"] = lambda: Case(
            bound(infer, logistic, x0, steps), (x0, PROBE_STEPS), share=steps / LOGISTIC_STEPS
        )
        cases["ode"] = lambda: Case(bound(infer, ode, *tensors([given.ode[0]]), float(given.ode[1])))
    return Framework(f"torch {mode}", torch.__version__, cases, finish=finish, arrays=arrays)
