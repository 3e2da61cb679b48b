"""Whole programs, as people write them: searches, filters, training, parsers, simulations."""

import math
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np

import eager as xp
from support.programs import f64, i64, program

SPACE, FIRST_DIGIT, LAST_DIGIT = 32, 48, 57


@program([i64([104, 105, 32, 49, 50, 32, 32, 122])], [i64(np.zeros(0))], [i64([32])], adapts=True)
def tokenizer(codes):
    counts = {"word": 0, "space": 0, "digit": 0}
    starts, lengths = [], []
    state = {"in_word": False, "start": 0}
    for i, c in enumerate(codes):
        if c == SPACE:
            if state["in_word"]:
                starts.append(state["start"])
                lengths.append(i - state["start"])
            state["in_word"] = False
            counts["space"] += 1
        else:
            counts["word"] += 1
            if FIRST_DIGIT <= c <= LAST_DIGIT:
                counts["digit"] += 1
            if not state["in_word"]:
                state["in_word"] = True
                state["start"] = i
    if state["in_word"]:
        starts.append(state["start"])
        lengths.append(len(codes) - state["start"])
    print("tokens", len(starts))
    return starts, lengths, counts


class Filter:
    def __init__(self, n: int) -> None:
        self.x = xp.linspace(-1.0, 1.0, n)
        self.w = xp.ones(n) / n
        self.resampled = 0

    def step(self, z):
        self.x = self.x + 0.1 * xp.sin(self.x)
        self.w = self.w * xp.exp(-5 * (z - self.x) ** 2)
        total = xp.sum(self.w)
        if total < 1e-12:
            raise RuntimeError(f"all weights are gone at {z}")
        self.w = self.w / total
        if 1.0 / xp.sum(self.w * self.w) < self.x.shape[0] / 2:
            self.resample()
        return xp.sum(self.w * self.x)

    def resample(self):
        n = self.x.shape[0]
        points = (xp.arange(n) + 0.5) / n
        index = xp.sum(xp.cumulative_sum(self.w)[None, :] < points[:, None], axis=1)
        self.x = xp.take(self.x, xp.minimum(index, n - 1))
        self.w = xp.ones(n) / n
        self.resampled += 1


@program([f64([0.1, 0.3])], [f64([])], [f64([0.9, 0.9, 0.9, -0.9])], [f64([50.0])], grad=0, adapts=True)
def particle_filter(zs):
    cloud = Filter(16)
    out = []
    for z in zs:
        out.append(cloud.step(z))
    return xp.stack(out) if out else zs, cloud.resampled


@dataclass(frozen=True)
class Beam:
    score: Any
    last: Any
    length: int


SCORES = f64([[0.1, 0.9, 0.0], [0.5, 0.2, 0.3], [0.3, 0.3, 0.4]])


@program([SCORES, i64(3)], [SCORES, i64(1)], [SCORES, i64(0)], grad=0, adapts=True, traceable=False)
def beam_search(scores, steps):
    logs = xp.log(scores + 1e-3)
    beams = [Beam(xp.asarray(0.0), xp.asarray(0), 0), Beam(xp.asarray(-1.0), xp.asarray(1), 0)]
    for _ in range(int(steps)):
        candidates = []
        for beam in beams:
            for token in range(3):
                candidates.append(Beam(beam.score + logs[beam.last, token], xp.asarray(token), beam.length + 1))
        candidates.sort(key=lambda beam: beam.score, reverse=True)
        beams = candidates[:2]
    return beams[0].score, beams[0].last, beams[0].length


class Adam:
    def __init__(self, params: dict[str, Any], lr: float = 0.1) -> None:
        self.lr = lr
        self.t = 0
        self.state = {name: {"m": p * 0.0, "v": p * 0.0} for name, p in params.items()}

    def step(self, params, grads):
        self.t += 1
        out = {}
        for name, p in params.items():
            s, g = self.state[name], grads[name]
            s["m"] = 0.9 * s["m"] + 0.1 * g
            s["v"] = 0.99 * s["v"] + 0.01 * g * g
            m, v = s["m"] / (1 - 0.9**self.t), s["v"] / (1 - 0.99**self.t)
            out[name] = p - self.lr * m / (xp.sqrt(v) + 1e-8)
        return out


@program([f64([1.0, 2.0]), i64(4)], [f64([1.0, 2.0]), i64(0)], grad=0, adapts=True, traceable=False)
def training_until_it_gets_no_better(start, patience):
    params = {"x": start, "y": xp.asarray(1.0)}
    optimizer = Adam(params)
    best, bad = xp.asarray(math.inf), 0

    def loss(x, y):
        return xp.sum((x - 0.5) ** 2) * y + (y - 2) ** 2

    while bad < patience and optimizer.t < 12:
        gx, gy = xp.grad(loss, (0, 1))(params["x"], params["y"])
        params = optimizer.step(params, {"x": gx, "y": gy})
        value = loss(**params)
        if value < best - 0.05:
            best, bad = value, 0
        else:
            bad += 1
    return params, best, optimizer.t


class Environment:
    def __init__(self) -> None:
        self.place = xp.asarray(0.0)
        self.t = 0
        self.done = False

    def step(self, action):
        if self.done:
            raise RuntimeError("it is over")
        self.place = self.place + action
        self.t += 1
        self.done = bool(self.place > 3.0) or self.t >= 10
        return self.place, -abs(self.place - 2.0), self.done


@program([f64(0.5)], [f64(1.4)], [f64(5.0)], grad=0, adapts=True)
def rollout(theta):
    environment = Environment()
    place, total, trajectory = environment.place, xp.asarray(0.0), []
    while True:
        action = theta * (2.5 - place) if place < 2.5 else theta * 0.3
        place, reward, done = environment.step(action)
        total = total + 0.9**environment.t * reward
        trajectory.append((place, reward))
        if done:
            break
    return total, environment.t, [place for place, _ in trajectory]


class SingularError(ValueError):
    pass


def solved(m, b):
    n = m.shape[0]
    m, b = m * 1.0, b * 1.0
    swaps = 0
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(m[i, k]) > abs(m[p, k]):
                p = i
        if abs(m[p, k]) < 1e-10:
            raise SingularError(f"column {k}")
        if p != k:
            row = m[k] * 1.0
            m[k] = m[p]
            m[p] = row
            item = b[k] * 1.0
            b[k] = b[p]
            b[p] = item
            swaps += 1
        for i in range(k + 1, n):
            f = m[i, k] / m[k, k]
            m[i, k:] -= f * m[k, k:]
            b[i] -= f * b[k]
    x = xp.zeros(n)
    for k in reversed(range(n)):
        x[k] = (b[k] - xp.sum(m[k, k + 1 :] * x[k + 1 :])) / m[k, k]
    return x, swaps


@program(
    [f64([[0.0, 2.0, 1.0], [1.0, -2.0, -3.0], [-1.0, 1.0, 2.0]]), f64([-8.0, 0.0, 3.0])],
    [f64([[1.0, 2.0], [2.0, 4.0]]), f64([1.0, 2.0])],
    grad=(0, 1),
    adapts=True,
    traceable=False,
)
def elimination_with_pivots(m, b):
    try:
        return solved(m, b)
    except SingularError as error:
        print("singular:", error)
        return b * 0.0, -1


IDLE, RUNS, HOT = range(3)


def ticks(n, dt):
    t = 0.0
    for i in range(n):
        yield i, t
        t = t + dt


@program([i64(6), f64(3.0)], [i64(0), f64(3.0)], [i64(9), f64(0.2)], grad=1, adapts=True)
def state_machine(n, power):
    heat, state = xp.asarray(20.0), IDLE
    visits = {IDLE: 0, RUNS: 0, HOT: 0}
    for i, t in ticks(int(n), 0.5):
        match state:
            case 0:
                if i % 3 == 0:
                    state = RUNS
            case 1:
                heat = heat + power * (1 + t)
                if heat > 28:
                    state = HOT
            case _:
                heat = heat - 0.2 * (heat - 20)
                if heat < 24:
                    state = IDLE
        for name in visits:
            if state == name:
                visits[name] += 1
    return heat, state, visits


class DivergedError(ArithmeticError):
    pass


@program([f64(2.0)], [f64(-1.0)], [f64(0.25)], grad=0, adapts=True)
def newton_that_may_diverge(a):
    x, steps = xp.asarray(1.0), 0
    try:
        while abs(x * x - a) > 1e-9:
            if x == 0:
                raise DivergedError("flat")
            x = 0.5 * (x + a / x)
            steps += 1
            if steps > 40:
                raise DivergedError(f"after {steps}")
        else:
            print("converged", steps)
    except (DivergedError, ZeroDivisionError) as error:
        print(f"{type(error).__name__}: {error!r}")
        return xp.asarray(-1.0), 0 if type(error).__name__ == "DivergedError" else 1
    finally:
        print("done")
    return x, steps


Edge = namedtuple("Edge", "a b w")


@program([f64([1.0, 2.0, 0.5, 4.0])], [f64([1.0, 2.0, 5.0, 4.0])], grad=0, traceable=False)
def shortest_path(w):
    edges = [Edge(0, 1, w[0]), Edge(1, 2, w[1]), Edge(0, 2, w[2]), Edge(2, 3, w[3])]
    far = [xp.asarray(0.0)] + [xp.asarray(math.inf)] * 3
    for _ in range(3):
        changed = False
        for edge in edges:
            if far[edge.a] + edge.w < far[edge.b]:
                far[edge.b] = far[edge.a] + edge.w
                changed = True
        if not changed:
            break
    return far[3]


class Controller:
    limit = 2.0

    def __init__(self, kp: float) -> None:
        self.kp = kp
        self.saturated = 0

    def command(self, e):
        u = self.kp * e
        if abs(u) > self.limit:
            self.saturated += 1
            return self.limit if u > 0 else -self.limit
        return u


class WithIntegral(Controller):
    def __init__(self, kp: float, ki: float) -> None:
        super().__init__(kp)
        self.ki = ki
        self.sum = xp.asarray(0.0)

    def command(self, e):
        u = super().command(e)
        if self.saturated < 3:
            self.sum = self.sum + e * 0.1
        return u + self.ki * self.sum


@program([f64(5.0), i64(12)], [f64(0.1), i64(3)], [f64(1.0), i64(0)], grad=0, adapts=True)
def controller(goal, n):
    c, x, out = WithIntegral(1.5, 0.3), xp.asarray(0.0), []
    for _ in range(n):
        x = x + 0.2 * c.command(goal - x)
        out.append(x)
        if len(out) > 2 and abs(out[-1] - out[-2]) < 1e-3:
            break
    return x, c.saturated, len(out), c.sum


@program([f64([3.0, 1.0, 2.0, 5.0, 4.0])], [f64([1.0])], grad=0)
def running_medians(v):
    ordered, out = [], []
    for x in v:
        at = 0
        while at < len(ordered) and ordered[at] < x:
            at += 1
        ordered.insert(at, x)
        n = len(ordered)
        out.append(ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2)
    return xp.stack(out), len(ordered)


@program([i64([[0, 1, 0], [0, 1, 0], [0, 1, 0]]), i64(3)], [i64([[0, 0], [0, 0]]), i64(4)], adapts=True)
def game_of_life(board, n):
    steps = 0
    while steps < n and (alive := xp.sum(board)) > 0:
        print("alive", alive)
        new = board * 0
        for r in range(board.shape[0]):
            for c in range(board.shape[1]):
                near = xp.sum(board[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2]) - board[r, c]
                if near == 3 or (board[r, c] == 1 and near == 2):
                    new[r, c] = 1
        board = new
        steps += 1
    return board, steps
