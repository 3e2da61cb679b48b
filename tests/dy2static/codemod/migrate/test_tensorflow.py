"""Files written for TensorFlow, brought over and run."""

import numpy as np
import pytest

from support.migrating import Case, check_file, files_of

G = np.asarray([3.0, 4.0])
X = np.asarray([[1.0, 2.0, 0.5], [3.0, -1.0, 2.0]])
W = np.full((2, 3), 0.3)
U = np.asarray([[0.5, 0.1], [0.0, 0.5]])
POINTS = np.asarray([[0.0, 0.0], [0.0, 1.0], [4.0, 4.0], [5.0, 4.0]])


def states() -> list[np.ndarray]:
    h, found = np.zeros(2), []
    for x in X:
        h = np.tanh(W @ x + U @ h)
        found.append(h)
    return found


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def normed() -> np.ndarray:
    return 2 * (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-5) + 1


at = np.asarray

CASES = {
    "collatz": [Case("collatz", (at(6),), 8), Case("collatz", (at(27),), 111), Case("collatz", (at(1),), 0)],
    "power": [
        Case("power", (at(3.0), at(5)), 243.0),
        Case("power", (at(3.0), at(0)), 1.0),
        Case("series", (at(1.0), 20), np.e),
    ],
    "clip": [
        Case("clip_by_norm", (G, 1.0), [0.6, 0.8]),
        Case("clip_by_norm", (G, 10.0), G),
        Case("huber", (at([[0.0, 3.0]]), at([[0.5, 0.0]])), [(0.125 + 2.5) / 2]),
        Case("ratio", (at([1.0, 2.0]), at([0.0, 4.0])), [0.0, 0.5]),
    ],
    "dispatch": [
        *(
            Case("activate", (at(k), at([-2.0, 1.0])), y)
            for k, y in ((0, [0, 1]), (1, np.tanh([-2.0, 1.0])), (5, [-2, 1]))
        ),
        *(Case("grade", (at(score),), y) for score, y in ((95.0, 1), (80.0, 2), (10.0, 3))),
        *(Case("pick", (at(i), G), y) for i, y in ((0, 7), (1, 4), (9, 4))),
    ],
    "dense": [
        Case("predict", (X,), softmax(X @ np.full((3, 2), 0.1)), whole=False),
        Case("count", (at(2.0),), 4.0, whole=False),
    ],
    "rnn": [
        Case("final_state", (X, np.zeros(2), W, U), states()[-1]),
        Case("all_states", (X, np.zeros(2), W, U), states()),
        Case("norms", (X,), np.linalg.norm(X, axis=1)),
    ],
    "autograph": [Case("primes", (20,), 8), Case("moving_average", (at([1.0, 2.0, 6.0]), 3), 3.0)],
    "layers": [
        Case("block", (X, 2.0, 1.0), (np.concatenate([X, normed()], 1).T.reshape(-1), 2)),
        Case("cosine", (G, at([4.0, 3.0])), 24 / 25),
    ],
    "kmeans": [Case("kmeans", (POINTS, POINTS[[0, 2]], 5), [[0.0, 0.5], [4.5, 4.0]])],
    "arrays": [
        Case("powers", (at([2.0, 3.0]), 3), [[2, 3], [4, 9], [8, 27]]),
        Case("fibonacci", (6,), ([1, 1, 2, 3, 5, 8], 1, 6)),
    ],
    "tape": [Case("loss_fn", (at([1.0, 0.0, 0.0]), X, at([0.0, 1.0])), 2.5)],
    "loops": [
        Case("doublings", (at(3.0),), 6),
        Case("gcd", (at(12), at(18)), 6),
        Case("clash", (at(0.0), at(1)), (4.0, 4, 4)),
    ],
}


@pytest.mark.parametrize("name", files_of("tensorflow"))
def test_file(name: str) -> None:
    check_file("tensorflow", name, CASES[name])
