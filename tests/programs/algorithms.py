"""Algorithms that people write: decoding, dynamic programs, searches, optimisers, reports."""

import functools
import heapq
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import eager as xp
from eager import nn
from support.programs import f64, i64, program


@dataclass
class Cache:
    keys: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def update(self, key, value):
        self.keys.append(key)
        self.values.append(value)
        return xp.stack(self.keys), xp.stack(self.values)


class Attention(nn.Module):
    def __init__(self, d: int, generator: Any) -> None:
        super().__init__()
        self.project = nn.Linear(d, 3 * d, generator=generator, dtype=xp.float64)
        self.scale = 1 / math.sqrt(d)

    def forward(self, x, cache: Cache):
        q, k, v = xp.split(self.project(x), 3)
        keys, values = cache.update(k, v)
        return xp.softmax(keys @ q * self.scale, axis=0) @ values


class Language(nn.Module):
    def __init__(self, words: int, d: int, layers: int) -> None:
        super().__init__()
        g = xp.random.Generator(1)
        self.embedding = nn.Embedding(words, d, generator=g, dtype=xp.float64)
        self.layers = nn.ModuleList([Attention(d, g) for _ in range(layers)])
        self.head = nn.Linear(d, words, generator=g, dtype=xp.float64)

    def generate(self, word, most, end=0):
        caches = [Cache() for _ in self.layers]
        words, score = [word], 0.0
        for _ in range(most):
            h = self.embedding(words[-1])
            for layer, cache in zip(self.layers, caches):
                h = h + layer(h, cache)
            scores = xp.log_softmax(self.head(h), axis=-1)
            word = xp.argmax(scores)
            score = score + scores[word]
            words.append(word)
            if word == end:
                break
        return xp.stack(words), score


@program([i64(1), i64(5)], [i64(3), i64(8)], [i64(2), i64(0)], made=True, adapts=True)
def greedy_decoding_with_caches():
    return Language(words=6, d=4, layers=2).generate


def log_sum(*xs):
    most = functools.reduce(xp.maximum, xs)
    if most == -xp.inf:
        return most
    return most + xp.log(sum(xp.exp(x - most) for x in xs))


SCORES = xp.log_softmax(f64([[0.3, 1.2, -0.5], [2.0, 0.1, 0.4], [0.2, -1.0, 0.9], [1.0, 1.0, 0.3]]), axis=-1)


@program([SCORES, [1, 2]], [SCORES, [2, 2]], [SCORES[:1], [1, 2]], grad=0)
def connectionist_loss(scores, target):
    labels = [0]
    for label in target:
        labels += [label, 0]
    alpha = [xp.asarray(-xp.inf) for _ in labels]
    alpha[0], alpha[1] = scores[0, labels[0]], scores[0, labels[1]]
    for t in range(1, scores.shape[0]):
        before = list(alpha)
        for s, label in enumerate(labels):
            terms = [before[s]]
            if s >= 1:
                terms.append(before[s - 1])
            if s >= 2 and label != 0 and label != labels[s - 2]:
                terms.append(before[s - 2])
            alpha[s] = log_sum(*terms) + scores[t, label]
    return -log_sum(alpha[-1], alpha[-2])


@program([i64([0, 1, 0, 2, 1]), f64([[0.7, 0.3], [0.4, 0.6]]), f64([[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]])])
def hidden_states_by_expectation(seen, moves, shows):
    start, before = xp.asarray([0.6, 0.4]), -math.inf
    for trip in range(12):
        alpha, scales = [start * shows[:, seen[0]]], []
        for symbol in seen[1:]:
            scales.append(xp.sum(alpha[-1]))
            alpha[-1] = alpha[-1] / scales[-1]
            alpha.append((alpha[-1] @ moves) * shows[:, symbol])
        scales.append(xp.sum(alpha[-1]))
        alpha[-1] = alpha[-1] / scales[-1]
        beta, pairs = [xp.ones(2)], xp.zeros_like(moves)
        for t in range(len(seen) - 2, -1, -1):
            ahead = shows[:, seen[t + 1]] * beta[0] / scales[t + 1]
            pairs += alpha[t][:, None] * moves * ahead[None, :]
            beta.insert(0, moves @ ahead)
        gamma = xp.stack([a * b for a, b in zip(alpha, beta)])
        moves = pairs / xp.sum(gamma[:-1], axis=0)[:, None]
        shows = (gamma.T @ xp.one_hot(seen, 3).astype(xp.float64)) / xp.sum(gamma, axis=0)[:, None]
        start, likely = gamma[0], sum(xp.log(s) for s in scales)
        print(f"{trip}: {likely:.4f}")
        if likely - before < 1e-2:
            break
        before = likely
    return moves, shows, start


def rosenbrock(x):
    return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def direction(g, history):
    alphas = []
    for s, y, rho in reversed(history):
        a = rho * xp.dot(s, g)
        g = g - a * y
        alphas.append(a)
    if history:
        s, y, _ = history[-1]
        g = g * (xp.dot(s, y) / xp.dot(y, y))
    for (s, y, rho), a in zip(history, reversed(alphas)):
        g = g + (a - rho * xp.dot(y, g)) * s
    return -g


@program([f64([-1.2, 1.0]), i64(6)], [f64([0.0, 0.0, 0.5]), i64(0)], adapts=True)
def limited_memory_quasi_newton(x, most):
    history = deque(maxlen=3)
    gradient = xp.value_and_grad(rosenbrock)
    f, g = gradient(x)
    for trip in range(most):
        d, step = direction(g, history), 1.0
        slope = xp.dot(g, d)
        for _ in range(20):
            value, slopes = gradient(x + step * d)
            if value <= f + 1e-4 * step * slope:
                break
            step *= 0.5
        else:
            print("no step is short enough")
            break
        s, y = step * d, slopes - g
        history.append((s, y, 1 / xp.dot(y, s)))
        x, f, g = x + s, value, slopes
        print(f"{trip}: {f:.3e}, {len(history)} pairs")
        if xp.norm(g) < 1e-5:
            break
    return x, f


@program([i64([1, 2, 3, 4]), i64([1, 3, 3])], [i64([0])[:0], i64([1, 2])], [i64([5]), i64([0])[:0]])
def edits(a, b):
    n, m = len(a), len(b)
    costs = xp.zeros((n + 1, m + 1), dtype=xp.int64)
    costs[:, 0], costs[0, :] = xp.arange(n + 1), xp.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            changes = 0 if a[i - 1] == b[j - 1] else 1
            costs[i, j] = min(costs[i - 1, j] + 1, costs[i, j - 1] + 1, costs[i - 1, j - 1] + changes)
    steps, i, j = [], n, m
    while i > 0 or j > 0:
        if i > 0 and j > 0 and a[i - 1] == b[j - 1] and costs[i, j] == costs[i - 1, j - 1]:
            i, j = i - 1, j - 1
            steps.append("keep")
        elif i > 0 and j > 0 and costs[i, j] == costs[i - 1, j - 1] + 1:
            i, j = i - 1, j - 1
            steps.append("change")
        elif i > 0 and costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
            steps.append("drop")
        else:
            j -= 1
            steps.append("add")
    print(" ".join(reversed(steps)))
    return costs[n, m], steps[::-1]


ROADS = f64([[0, 1, 4, 0], [1, 0, 2, 6], [4, 2, 0, 3], [0, 6, 3, 0]])


@program([ROADS], [ROADS[:2, :2]], grad=0)
def shortest_ways(roads):
    n = roads.shape[0]
    far = [xp.asarray(xp.inf)] * n
    far[0] = xp.asarray(0.0)
    heap = [(far[0], 0)]
    while heap:
        d, u = heapq.heappop(heap)
        if d > far[u]:
            continue
        for v in range(n):
            if roads[u, v] > 0 and d + roads[u, v] < far[v]:
                far[v] = d + roads[u, v]
                heapq.heappush(heap, (far[v], v))
    return far


@program([i64([0, 1, 1, 2, 2]), i64([0, 1, 2, 2, 1])], [i64([0]), i64([1])], adapts=True)
def scores_of_classes(predicted, true):
    table = {}
    for name, c in {"cat": 0, "dog": 1, "eel": 2}.items():
        hits = xp.sum((predicted == c) & (true == c))
        extra, missed = xp.sum((predicted == c) & (true != c)), xp.sum((predicted != c) & (true == c))
        precision = hits / (hits + extra) if hits + extra > 0 else 0.0
        recall = hits / (hits + missed) if hits + missed > 0 else 0.0
        both = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
        table[name] = {"precision": precision, "recall": recall, "f1": both}
    print(f"{'class':<8}" + "".join(f"{name:>10}" for name in next(iter(table.values()))))
    for name, row in table.items():
        print(f"{name:<8}" + "".join(f"{value:>10.3f}" for value in row.values()))
    means = {key: sum(row[key] for row in table.values()) / len(table) for key in ("precision", "recall", "f1")}
    print("mean", ", ".join(f"{name}: {value:.1%}" for name, value in sorted(means.items())))
    return means


DRAFT = f64([[0.1, 0.9, 0.0], [0.5, 0.2, 0.3], [0.3, 0.3, 0.4]])
WANTED = f64([[0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])


@program([DRAFT, WANTED, i64(0), i64(6)], [DRAFT, WANTED, i64(2), i64(0)], adapts=True)
def speculative_decoding(draft, wanted, start, n):
    words, accepted = [start], 0
    while len(words) <= n:
        last, guesses = words[-1], []
        for _ in range(3):
            last = xp.argmax(draft[last])
            guesses.append(last)
        for guess in guesses:
            best = xp.argmax(wanted[words[-1]])
            if guess == best:
                words.append(guess)
                accepted += 1
            else:
                words.append(best)
                break
    print(words)
    return xp.stack(words), accepted


@dataclass(frozen=True)
class Sphere:
    center: Any
    radius: float

    def distance(self, p):
        return xp.norm(p - self.center) - self.radius


@dataclass(frozen=True)
class Floor:
    height: float = -1.0

    def distance(self, p):
        return p[1] - self.height


class Hit(NamedTuple):
    distance: Any
    steps: Any
    is_hit: Any


@program([f64([0, 0, -3]), f64([0, 0, 1])], [f64([0, 0, -3]), f64([0, 1, 0])], grad=0, adapts=True)
def ray_marching(origin, way):
    scene = [Sphere(f64([0, 0, 0]), 1.0), Floor()]
    t = 0.0
    for step in range(40):
        p = origin + t * way
        d = functools.reduce(xp.minimum, (thing.distance(p) for thing in scene))
        if d < 1e-3:
            return Hit(t, step, True)
        t = t + d
        if t > 20.0:
            break
    return Hit(t, step, False)
