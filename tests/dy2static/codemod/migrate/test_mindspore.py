"""Files written for MindSpore, brought over and run."""

import numpy as np
import pytest

from support.migrating import Case, check_file, files_of

V = np.asarray([3.0, 4.0])
X = np.asarray([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])


def descended() -> tuple[float, float, float]:
    x, y, value = 0.5, 0.5, 0.0
    for _ in range(3):
        value = (1 - x) ** 2 + 100 * (y - x**2) ** 2
        gx, gy = -2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)
        x, y = x - 1e-3 * gx, y - 1e-3 * gy
    return x, y, value


def attended(mask: np.ndarray | None = None) -> np.ndarray:
    scores = X @ X.T / np.sqrt(2)
    scores = scores if mask is None else np.where(mask, scores, -1e9)
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    return (weights @ X)[None]


def trained() -> np.ndarray:
    w, y = np.zeros((2, 1)), X @ np.asarray([[1.0], [2.0]])
    for _ in range(5):
        w = w - 0.1 * 2 * X.T @ (X @ w - y) / 3
    return w


def steady() -> float:
    before, now = 1.0, 2.0
    while abs(before - now) > 1e-10:
        before, now = now, (lambda p: (1 - p / (p + 0.5)) * p)(now + 0.1)
    return now


LOWER = np.tril(np.ones((3, 3), bool))
CASES = {
    "newton": [Case("newton", (np.asarray(2.0),), np.sqrt(2.0))],
    "net": [Case("probabilities", (X,), [1.0, 1.0, 1.0], whole=False)],
    "scan": [
        Case("cumulative", (X,), (X.sum(0), 2 * np.cumsum(X, 0))),
        Case("triangular", (np.asarray(5),), 10),
        Case("decay", (V, 3), V / 8),
    ],
    "branches": [
        Case("leaky", (V, 0.1), V),
        Case("leaky", (-V, 0.1), -V * 0.1),
        Case("clamp_all", (V,), [1.0, 1.0]),
        Case("clamp_all", (V / 8,), V / 8),
    ],
    "gradients": [
        Case("gradient", (np.asarray(0.5), np.asarray(0.5)), (-1.0 - 50.0, 50.0)),
        Case("descend", (np.asarray(0.5), np.asarray(0.5), 1e-3), descended()),
    ],
    "train": [Case("train", (X, X @ np.asarray([[1.0], [2.0]]), 5), trained(), whole=False)],
    "attention": [
        Case("attention", (X[None], X[None], X[None]), attended()),
        Case("attention", (X[None], X[None], X[None], LOWER), attended(LOWER)),
        Case("rms_norm", (V,), V / np.sqrt(12.5 + 1e-6)),
    ],
    "loops": [
        Case("collatz", (np.asarray(6),), 8),
        Case("first_above", (V, 3.5), 1),
        Case("first_above", (V, 9.0), -1),
    ],
    "arrays": [
        Case("standardize", (X,), (X - X.mean(0)) / X.std(0)),
        Case("pieces", (X,), (np.tile(X[:, ::-1], (2, 1)), [1, 0, 0], 2)),
    ],
    "kalman": [Case("settle", (np.asarray(1.0), 0.5, 0.1, 1e-10), steady())],
    "dataset": [Case("score", (np.zeros(2),), [0.5, 0.5])],
}


@pytest.mark.parametrize("name", files_of("mindspore"))
def test_file(name: str) -> None:
    check_file("mindspore", name, CASES[name])
