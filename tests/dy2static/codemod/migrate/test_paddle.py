"""Files written for PaddlePaddle, brought over and run."""

import numpy as np
import pytest

from support.migrating import Case, check_file, files_of

V = np.asarray([3.0, 4.0])
X = np.asarray([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
M = np.asarray([[2.0, 1.0], [1.0, 3.0]])


def attended() -> np.ndarray:
    x = X[None]
    out = []
    for h in range(2):
        q = x[0, :, h : h + 1]
        scores = q @ q.T
        scores[np.triu_indices(3, 1)] = -1e9
        weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        out.append(weights @ q)
    return np.concatenate(out, axis=1)[None]


def bounced() -> float:
    height, speed, count = 1.0, 0.0, 0
    while count < 3:
        speed -= 9.81 * 0.01
        height += speed * 0.01
        if height < 0:
            height, speed, count = 0.0, -0.5 * speed, count + 1
    return speed


def series() -> np.ndarray:
    result, term = np.eye(2), np.eye(2)
    for k in range(1, 12):
        term = term @ M / k
        result = result + term
    return result


CASES = {
    "sqrt": [Case("newton_sqrt", (np.asarray([2.0, 9.0]),), [np.sqrt(2.0), 3.0])],
    "branches": [
        Case("relu_or_square", (V,), [9.0, 16.0]),
        Case("relu_or_square", (-V,), [0.0, 0.0]),
        *(Case("choose", (np.asarray(i), V), y) for i, y in ((1, [4, 5]), (2, [6, 8]), (0, [-3, -4]))),
        *(Case("size_of", (V * k,), y) for k, y in ((0.1, 0), (1.0, 1), (10.0, 2))),
    ],
    "mlp": [
        Case("total_probability", (X,), [1.0, 1.0, 1.0], whole=False),
        Case("parameter_count", (), 2 * 4 + 4 + 4 * 3 + 3, whole=False),
    ],
    "train": [Case("fit", (X, X @ np.asarray([[2.0], [1.0]]) + 1.0, 800), 0.0, whole=False)],
    "decode": [
        Case("greedy", (np.asarray([[0, 9, 1], [1, 0, 9], [9, 0, 1]]), np.asarray(0), 2, 10), (2, 2)),
        Case("greedy", (np.asarray([[0, 9, 1], [1, 0, 9], [9, 0, 1]]), np.asarray(0), 7, 4), (1, 4)),
        Case("beam_scores", (np.asarray([[0.1, 0.7, 0.2]]), 2), ([[0.7, 0.2]], [[1, 2]])),
    ],
    "attention": [Case("attention", (X[None], X[None], X[None], 2, True), attended())],
    "spec": [
        Case("scale", (np.ones((2, 3)), np.asarray([1.0, 2.0, 3.0])), [[1, 2, 3], [1, 2, 3]]),
        Case("mean_square", (X,), [[10.25 / 3, 5.25 / 3]]),
    ],
    "sequence": [
        Case("running_mean", (X,), np.cumsum(X, 0) / [[1], [2], [3]]),
        Case("pad_and_cut", (np.asarray([1.0, 2.0]), 2, 2), ([1, 0, 0], [2, 0, 0])),
        Case("untouched", (V,), ([3, 4], [4, 5])),
    ],
    "physics": [Case("bounces", (np.asarray(1.0), 0.01), bounced())],
    "static_graph": [Case("activation", (V,), np.tanh(V))],
    "matrix": [
        Case("exp_matrix", (M, 12), series()),
        Case("solve_all", (M, V), (np.linalg.solve(M, V), 5.0, M.T)),
    ],
}


@pytest.mark.parametrize("name", files_of("paddle"))
def test_file(name: str) -> None:
    check_file("paddle", name, CASES[name])
