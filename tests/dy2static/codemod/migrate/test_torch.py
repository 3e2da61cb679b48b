"""Files written for PyTorch, brought over and run."""

import numpy as np
import pytest

from support.migrating import Case, check_file, files_of

V = np.asarray([3.0, 4.0])
X = np.asarray([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
WIDE = np.arange(8.0).reshape(2, 4)
INDEX = np.asarray([[1, 0], [0, 0]])


def fitted() -> np.ndarray:
    w, v, y = np.zeros((1, 2)), np.zeros((1, 2)), X @ np.asarray([[1.0], [2.0]])
    for _ in range(5):
        v = 0.5 * v + 2 * (X @ w.T - y).T @ X / 3
        w = w - 0.05 * v
    return w


def states() -> list[np.ndarray]:
    h, found = np.zeros((1, 2)), []
    for x in X[:, None]:
        h = np.tanh(x @ np.full((2, 2), 0.3) + 0.5 * h)
        found.append(h)
    return found


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def attended(causal: bool) -> np.ndarray:
    scores = X @ X.T / np.sqrt(2)
    if causal:
        scores[np.triu_indices(3, 1)] = -np.inf
    return softmax(scores) @ X


def rotated() -> np.ndarray:
    angle = np.outer(np.arange(2), 10000.0 ** (-np.arange(2) / 2))
    a, b = WIDE[:, :2], WIDE[:, 2:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], -1)


def accumulated() -> np.ndarray:
    y = V.copy()
    for _ in range(2):
        y = y + V
        y[0] *= 2
    return y


D = V - 3.5
SWAPPED = WIDE[:, [2, 3, 0, 1]]
CASES = {
    "script": [
        Case("bisect", (np.asarray(0.0), np.asarray(2.0), 2.0), np.sqrt(2.0)),
        Case("count_above", (V, 3.5), 1),
        Case("count_above", (V, 9.0), 0),
    ],
    "mlp": [Case("sums", (X,), [1.0, 1.0, 1.0], whole=False)],
    "train": [Case("fit", (X, X @ np.asarray([[1.0], [2.0]]), 5), fitted(), whole=False)],
    "shapes": [
        Case("split_heads", (WIDE[None], 2), WIDE.reshape(1, 2, 2, 2).swapaxes(1, 2)),
        Case("pieces", (WIDE,), (SWAPPED, SWAPPED.T, 8, 2, 4)),
        Case(
            "select",
            (X[:2], INDEX, X[:2] > 2),
            ([[2, 1], [3, 3]], [[1, 2], [0, -1]], X[[1, 0]]),
        ),
        Case("repeat", (X,), (2 * X.sum(0), [X.reshape(-1), X.reshape(-1)])),
    ],
    "control": [
        Case("absolute", (V,), V),
        Case("absolute", (-V,), V),
        Case("branch", (V, V / 2), 4.5 + 8 + 1),
        Case("branch", (V / 2, V), -3.5 + 1),
        Case("halvings", (np.asarray(5.0),), 3),
    ],
    "rnn": [Case("run", (X[:, None],), (states(), states()[-1]), whole=False)],
    "attention": [
        Case("attention", (X, X, X), attended(False)),
        Case("attention", (X, X, X, True), attended(True)),
        Case("rope", (WIDE,), rotated()),
    ],
    "losses": [
        Case("loss", (X, np.asarray([0, 1, 1]), np.asarray([1.0, 0.0, 2.0])), (np.log1p(np.e) + 2 * np.log(2.0)) / 3),
        Case(
            "statistics", (X,), (X.mean(0), X.std(0, ddof=1), X.var(0, ddof=1), 3, [1, 0, 0], np.linalg.norm(X, axis=1))
        ),
        Case("compare", (V, V[::-1]), ([0, 0], [1, 1], [1, 0], True, [1, 1])),
        Case(
            "smooth",
            (V, V[::-1].copy()),
            (0.5, (softmax(V[::-1]) * (np.log(softmax(V[::-1])) - np.log(softmax(V)))).sum()),
        ),
    ],
    "inplace": [
        Case("cumulative", (V,), [3, 7]),
        Case("accumulate", (V, 2), (V, accumulated())),
        Case("normalized", (V,), np.maximum(D / 0.5, -0.5) + 1),
    ],
    "trace_export": [
        Case("model", (X, V), 1 / (1 + np.exp(-X @ V))),
        Case("exported", (X, V), 1 / (1 + np.exp(-X @ V)), whole=False),
        Case("scripted", (X, V), 1 / (1 + np.exp(-X @ V))),
    ],
    "lstm": [],
}


@pytest.mark.parametrize("name", files_of("torch"))
def test_file(name: str) -> None:
    check_file("torch", name, CASES[name])
