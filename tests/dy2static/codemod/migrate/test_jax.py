"""Files written for JAX, brought over and run."""

import numpy as np
import pytest

from support.migrating import Case, check_file, files_of

A = np.asarray([2.0, 9.0, 0.25])
X = np.asarray([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
M = np.asarray([[2.0, 1.0], [1.0, 3.0]])


def rnn_states() -> list[np.ndarray]:
    h, states = np.zeros(2), []
    for x in X:
        h = np.tanh(np.full((2, 2), 0.3) @ x + 0.5 * h)
        states.append(h)
    return states


def half_and_mean() -> np.ndarray:
    h = np.ones(2)
    for x in X:
        h = h * 0.5 + x.mean()
    return h


def descent() -> tuple[np.ndarray, list[float]]:
    w, losses = np.zeros(2), []
    for _ in range(20):
        rest = X @ w - np.asarray([1.0, 2.0, 3.0])
        losses.append(float(np.mean(rest**2)))
        w = w - 0.1 * 2 * X.T @ rest / 3
    return w, losses


def swing() -> np.ndarray:
    def f(s: np.ndarray) -> np.ndarray:
        return np.asarray([s[1], -np.sin(s[0])])

    s, t, dt = np.asarray([1.0, 0.0]), 0.0, 0.1
    while t < 1.0:
        k1 = f(s)
        k2 = f(s + 0.5 * dt * k1)
        k3 = f(s + 0.5 * dt * k2)
        k4 = f(s + dt * k3)
        s, t = s + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4), t + dt
    return s


def attended() -> np.ndarray:
    q = k = v = X
    scores = q @ k.T / np.sqrt(2)
    scores[np.triu_indices(3, 1)] = -np.inf
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    return weights @ v


def filtered() -> tuple[list[float], float]:
    mean, var, means = 0.0, 1.0, []
    for value, noise in zip([1.0, 2.0, 1.5], [0.5, 0.4, 0.3], strict=True):
        gain = var / (var + noise)
        mean, var = mean + gain * (value - mean), (1 - gain) * var + 0.1
        means.append(mean)
    return means, var


CASES = {
    "newton": [Case("newton", (np.asarray(9.0), 50), 3.0), Case("newton", (np.asarray(9.0), 0), 9.0)],
    "rnn": [
        Case(
            "rnn",
            ({"w": np.full((2, 2), 0.3), "u": np.eye(2) * 0.5}, X, np.zeros(2)),
            (rnn_states()[-1], [h.sum() for h in rnn_states()]),
        ),
        Case("energy", ({}, X, np.ones(2)), half_and_mean()),
    ],
    "fori": [
        Case("power_iteration", (M, 60), np.linalg.eigvalsh(M)[-1]),
        Case("fibonacci", (np.asarray(10),), 55),
        Case("harmonic", (np.asarray(4),), 1 + 1 / 2 + 1 / 3 + 1 / 4),
    ],
    "branches": [
        Case("safe_log", (np.asarray(2.0),), np.log(2.0)),
        Case("safe_log", (np.asarray(-2.0),), -1.0),
        Case("clip_norm", (np.asarray([3.0, 4.0]), 1.0), [0.6, 0.8]),
        Case("clip_norm", (np.asarray([0.3, 0.4]), 1.0), [0.3, 0.4]),
        *(
            Case("activation", (np.asarray(i), np.asarray([-2.0])), y)
            for i, y in ((-1, [0]), (0, [0]), (2, [4]), (7, [4]))
        ),
        Case("activation", (np.asarray(1), np.asarray([-2.0])), np.tanh([-2.0])),
        Case("nested", (np.asarray([2.0, 3.0]),), [4.0, 2.0]),
        Case("nested", (np.asarray([0.5, 1.0]),), [1.5, 3.0]),
        Case("nested", (np.asarray([-2.0, -3.0]),), [2.0, 3.0]),
    ],
    "updates": [
        Case("sieve", (np.ones(12, bool),), [i in (2, 3, 5, 7, 11) for i in range(12)]),
        Case("histogram", (np.asarray([0, 2, 2, 1, 2]), 4), [1, 1, 3, 0]),
        Case("both", (np.asarray([1.0, 2.0, 3.0]),), ([1.0, 2.0, 3.0], [10.0, 2.0, 7.0])),
    ],
    "sgd": [
        Case("step", (np.zeros(2), X, np.asarray([1.0, 2.0, 3.0]), 0.1), 0.1 * 2 * X.T @ [1.0, 2.0, 3.0] / 3),
        Case("fit", (np.zeros(2), X, np.asarray([1.0, 2.0, 3.0])), descent()),
    ],
    "ode": [Case("solve", (np.asarray([1.0, 0.0]), 0.1, 1.0), swing())],
    "attention": [
        Case("attention", (X, X, X), attended()),
        Case("layer_norm", (X, 2.0), 2 * (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-5)),
    ],
    "bisect": [
        Case("bisect", (np.asarray(1.0), np.asarray(2.0), 1e-12), 2 ** (1 / 3)),
        Case("collatz", (np.asarray(6),), 8),
        Case("collatz", (np.asarray(1),), 0),
    ],
    "kalman": [
        Case("smooth", (np.asarray([1.0, 2.0, 1.5]), np.asarray([0.5, 0.4, 0.3]), 0.0, 1.0), filtered()),
        Case("squares", (A,), A * A),
    ],
    "sampling": [
        Case("temperature", (np.log([1.0, 4.0]), 2.0), [1 / 3, 2 / 3]),
    ],
}


@pytest.mark.parametrize("name", files_of("jax"))
def test_file(name: str) -> None:
    check_file("jax", name, CASES[name])
