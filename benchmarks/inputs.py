"""What the workloads compute on: the same numbers for us and for every peer. Needs NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]

LOGISTIC_STEPS: Final = 100_000
PROBE_STEPS: Final = 16
"""The map is chaotic: results of different rounding can be compared after few steps only."""
MLP_SIZES: Final = (784, 256, 128, 10)
LEARNING_RATE: Final[Mapping[str, float]] = {"mlp": 1e-3, "lenet": 0.05}
MOMENTUM: Final = 0.9

WORKLOADS: Final[Mapping[str, str]] = {
    "logistic": "100,000 dependent scalar steps with a branch",
    "ode": "adaptive Runge-Kutta 3(2), float64, data-dependent while and if",
    "branch": "one data-dependent branch on 8 numbers",
    "call3": "a * b + c on three arrays of 8 numbers: the overhead of a call",
    "rnn_fwd": "60 dynamic steps, batch 32, hidden 128",
    "rnn_grad": "its gradient, the number of steps a run-time value",
    "chain": "elementwise over a million float32",
    "attn": "transformer block, 128 tokens of 256",
    "mlp_train": "Adam step, 784-256-128-10, batch 64",
    "lenet_train": "momentum step, batch 32",
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Arguments by workload, and what the models start from."""

    logistic: tuple[np.float32, np.int64]
    ode: tuple[Array, np.float64]
    branch: Array
    call3: tuple[Array, Array, Array]
    rnn: tuple[Array, Array, Array, Array, np.int64]
    """x (time, batch, features), the weights of input and state, the bias, the number of steps."""
    chain: Array
    attn: tuple[Array, ...]
    """x (1, tokens, features), the weights of query, key, value and output, those of the two layers after it."""
    mlp: tuple[Array, Array]
    mlp_weights: tuple[tuple[Array, Array], ...]
    """By layer: weight (in, out) and bias."""
    lenet: tuple[Array, Array]
    lenet_weights: tuple[tuple[Array, Array], ...]
    """Two convolutions (out, in, 5, 5) and three layers (in, out), each with its bias."""


def inputs() -> Inputs:
    """The inputs, made anew: equal in every process."""
    r = np.random.default_rng(0)

    def f(*shape: int) -> Array:
        return (r.standard_normal(shape) * 0.1).astype(np.float32)

    rnn = (f(64, 32, 64), f(64, 128), f(128, 128), f(128), np.int64(60))
    mlp = (f(64, 784), r.integers(0, 10, 64))
    chain = f(1_000_000)
    lenet = (f(32, 1, 28, 28), r.integers(0, 10, 32))
    branch = f(8)
    attn = (f(1, 128, 256), *(f(256, 256) for _ in range(4)), f(256, 1024), f(1024, 256))
    call3 = (f(8), f(8), f(8))
    mlp_weights = tuple(
        ((r.standard_normal((a, b)) * a**-0.5).astype(np.float32), np.zeros(b, np.float32))
        for a, b in pairwise(MLP_SIZES)
    )
    shapes = ((6, 1, 5, 5), (16, 6, 5, 5), (400, 120), (120, 84), (84, 10))
    lenet_weights = tuple(
        (f(*shape), np.zeros(shape[0] if len(shape) == 4 else shape[1], np.float32)) for shape in shapes
    )
    return Inputs(
        logistic=(np.float32(0.3), np.int64(LOGISTIC_STEPS)),
        ode=(np.array([1.0, 1.0]), np.float64(10.0)),
        branch=branch,
        call3=call3,
        rnn=rnn,
        chain=chain,
        attn=attn,
        mlp=mlp,
        mlp_weights=mlp_weights,
        lenet=lenet,
        lenet_weights=lenet_weights,
    )
