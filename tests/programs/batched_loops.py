"""Loops over a batch whose rows do not depend on each other: native code runs the halves of it side by side."""

import numpy as np

import eager as xp
import eager.functional as F
from support.programs import program

RANDOM = np.random.default_rng(0)
SIZE = 48


def normal(*shape):
    return xp.asarray(RANDOM.standard_normal(shape) / 8)


def case(rows, steps=3):
    """Inputs of all steps, the weights of input and state, a bias, the number of steps."""
    return normal(4, rows, 16), normal(16, SIZE), normal(SIZE, SIZE), normal(SIZE), xp.asarray(np.int64(steps))


CASES = (case(34), case(35), case(34, 0))


@program(*CASES, grad=(0, 1, 2, 3))
def rnn(x, w, u, b, n):
    h = xp.zeros((x.shape[1], SIZE))
    for t in range(n):
        h = xp.tanh(x[t] @ w + h @ u + b)
    return h


@program(*CASES, grad=(0, 1, 2, 3))
def rnn_whose_states_are_kept(x, w, u, b, n):
    h = xp.zeros((x.shape[1], SIZE))
    states = [h]
    for t in range(n):
        h = xp.tanh(x[t] @ w + h @ u + b)
        states.append(h)
    return xp.stack(states)


@program(*CASES, grad=(0, 1, 2, 3))
def gates(x, w, u, b, n):
    h = xp.zeros((x.shape[1], SIZE))
    for t in range(n):
        z = x[t] @ w + h @ u + b
        forget, new = xp.sigmoid(z[:, : SIZE // 2]), xp.tanh(z[:, SIZE // 2 :])
        h = h * xp.concat([forget, forget], axis=1) + xp.concat([new, new * forget], axis=1)
    return h


@program(*CASES, grad=(0, 1, 2, 3))
def loss_over_all_rows(x, w, u, b, n):
    h = xp.zeros((x.shape[1], SIZE))
    loss = xp.asarray(0.0)
    for t in range(n):
        h = F.softmax(x[t] @ w + h @ u + b, axis=-1)
        loss = loss + (h * h).sum()
    return loss, h


@program(*CASES, grad=(0, 1, 2))
def mean_of_the_batch_is_taken_out(x, w, u, b, n):
    h = xp.zeros((x.shape[1], SIZE))
    for t in range(n):
        h = x[t] @ w + h @ u
        h = h - h.mean(axis=0)
    return h


@program(*CASES)
def until_a_row_is_large(x, w, u, b, n):
    h = xp.ones((x.shape[1], SIZE))
    t = 0
    while t < n:
        h = h @ u + b
        if xp.max(h) > 1.5:
            break
        t += 1
    return h, t
