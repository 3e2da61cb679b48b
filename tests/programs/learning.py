"""Programs of people who train models: buffers, rollouts, experts, callbacks, gradients of gradients."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import eager as xp
from eager import nn, optim
from support.programs import f32, f64, program


class Corridor:
    """A walk on a line of cells; the right end pays."""

    def __init__(self, size: int = 7) -> None:
        self.size = size
        self.reset()

    def reset(self):
        self.place = xp.asarray(self.size // 2)
        self.steps = 0
        return self.place

    def step(self, action):
        self.place = xp.clip(self.place + xp.where(action == 0, -1, 1), 0, self.size - 1)
        self.steps += 1
        done = (self.place == 0) or (self.place == self.size - 1) or self.steps >= 15
        return self.place, 1.0 if self.place == self.size - 1 else -0.01, done


class Ring:
    """The latest transitions, in arrays."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.states = xp.zeros((capacity, 2), dtype=xp.int64)
        self.actions = xp.zeros(capacity, dtype=xp.int64)
        self.rewards = xp.zeros(capacity)
        self.at = 0
        self.is_full = False

    def __len__(self):
        return self.capacity if self.is_full else self.at

    def add(self, state, action, reward, following):
        self.states[self.at, 0], self.states[self.at, 1] = state, following
        self.actions[self.at], self.rewards[self.at] = action, reward
        self.at = (self.at + 1) % self.capacity
        if self.at == 0:
            self.is_full = True


@program([3, 2], [11, 1], adapts=True, traceable=False)
def q_learning_with_a_ring(seed, episodes):
    generator = xp.random.Generator(seed)
    world, ring = Corridor(), Ring(8)
    q, epsilon, returns = xp.zeros((world.size, 2)), 1.0, []
    for episode in range(episodes):
        state, done, total = world.reset(), False, 0.0
        while not done:
            explores = generator.uniform() < epsilon
            action = generator.integers(0, 2) if explores else xp.argmax(q[state])
            following, reward, done = world.step(action)
            ring.add(state, action, reward, following)
            total = total + reward
            if len(ring) >= 4:
                picked = generator.integers(0, len(ring), (2,))
                targets = ring.rewards[picked] + 0.9 * xp.max(q[ring.states[picked, 1]], axis=1)
                for i, target in zip(picked, targets):
                    s, a = ring.states[i, 0], ring.actions[i]
                    q[s, a] += 0.5 * (target - q[s, a])
            state = following
        epsilon = max(0.1, epsilon * 0.7)
        returns.append(total)
        print(f"episode {episode}: {total:+.2f}, {len(ring)} kept")
    return q, returns


class Expert(nn.Module):
    def __init__(self, d: int, generator: Any) -> None:
        super().__init__()
        self.up = nn.Linear(d, 2 * d, generator=generator, dtype=xp.float64)
        self.down = nn.Linear(2 * d, d, generator=generator, dtype=xp.float64)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return self.down(xp.relu(self.up(x)))


class Mixture(nn.Module):
    def __init__(self, d: int, n: int) -> None:
        super().__init__()
        generator = xp.random.Generator(2)
        self.gate = nn.Linear(d, n, generator=generator, dtype=xp.float64)
        self.experts = nn.ModuleList([Expert(d, generator) for _ in range(n)])

    def forward(self, x):
        weights, chosen = xp.topk(xp.softmax(self.gate(x), axis=-1), 2)
        out = xp.zeros_like(x)
        for i, expert in enumerate(self.experts):
            rows, slots = xp.nonzero(chosen == i)
            if rows.shape[0] == 0:
                continue
            out[rows] += weights[rows, slots][:, None] * expert(x[rows])
        return out


@program([f64([[0.3, -0.2, 0.5], [0.1, 0.9, -0.4]])], [f64([[0.3, -0.2, 0.5]])], made=True, grad=0, adapts=True)
def mixture_of_experts():
    mixture = Mixture(3, 3)

    def run(x):
        y = mixture(x)
        return y, [expert.calls for expert in mixture.experts]

    return run


class Node(NamedTuple):
    value: Any
    children: tuple[Any, ...] = ()


class TreeCell(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        generator = xp.random.Generator(3)
        self.own = nn.Linear(d, 3 * d, generator=generator, dtype=xp.float64)
        self.below = nn.Linear(d, 3 * d, generator=generator, dtype=xp.float64)
        self.forget = nn.Linear(d, d, generator=generator, dtype=xp.float64)

    def forward(self, node):
        states = [self(child) for child in node.children]
        total = sum((h for h, _ in states), start=node.value * 0)
        i, o, u = xp.split(self.own(node.value) + self.below(total), 3, axis=-1)
        cell = xp.sigmoid(i) * xp.tanh(u)
        for h, c in states:
            cell = cell + xp.sigmoid(self.forget(h)) * c
        return xp.sigmoid(o) * xp.tanh(cell), cell


@program([f64([0.5, -1.0])], made=True, grad=0)
def tree_of_cells():
    cell = TreeCell(2)

    def run(x):
        leaf = Node(x)
        h, _ = cell(Node(x * 2, (leaf, Node(-x, (leaf, leaf)))))
        return h

    return run


class Scaler:
    def __init__(self) -> None:
        self.scale, self.good = 2.0**15, 0

    def update(self, has_overflowed):
        if has_overflowed:
            self.scale *= 0.5
            self.good = 0
            return
        self.good += 1
        if self.good == 3:
            self.scale *= 2
            self.good = 0


@program(
    [f32([1.0, 2.0]), f32([[1, 2], [3e38, 1], [0.5, 0.5], [1, 1], [2, 2]])],
    [f32([1.0, 2.0]), f32([[0.0, 0.0]])[:0]],
    adapts=True,
)
def scaled_losses(w, rows):
    scaler, skipped = Scaler(), 0
    for x in rows:
        g = xp.grad(lambda w, x=x: xp.sum((w * x) ** 2) * scaler.scale)(w)
        if not xp.all(xp.isfinite(g)):
            scaler.update(True)
            skipped += 1
            continue
        w = w - 0.01 * g / scaler.scale
        scaler.update(False)
    return w, scaler.scale, skipped


@dataclass
class History:
    values: list[Any] = field(default_factory=list)

    def on_step(self, trainer, loss):
        self.values.append(loss)


class StopBelow:
    def __init__(self, limit: float) -> None:
        self.limit = limit

    def on_step(self, trainer, loss):
        if loss < self.limit:
            trainer.stops = True


class Logger:
    def __init__(self, every: int) -> None:
        self.every = every

    def on_step(self, trainer, loss):
        if trainer.step % self.every == 0:
            print("step %d: loss %.3f" % (trainer.step, loss))

    def on_end(self, trainer):
        print("ended after", trainer.step, "steps")


class Trainer:
    def __init__(self, *callbacks: Any, lr: float = 0.1) -> None:
        self.callbacks, self.lr, self.stops, self.step = callbacks, lr, False, 0

    def notify(self, name, *args):
        for callback in self.callbacks:
            if hasattr(callback, name):
                getattr(callback, name)(self, *args)

    def fit(self, w, most):
        gradient = xp.value_and_grad(lambda w: xp.sum((w - 1) ** 2))
        while self.step < most and not self.stops:
            loss, g = gradient(w)
            w = w - self.lr * g
            self.step += 1
            self.notify("on_step", loss)
        self.notify("on_end")
        return w


@program([f64([3.0, 2.0]), 5, 0.5], [f64([3.0, 2.0]), 50, 0.5], [f64([1.0]), 3, 0.5], adapts=True)
def callbacks(w, most, limit):
    history = History()
    trainer = Trainer(history, StopBelow(limit), Logger(every=2))
    w = trainer.fit(w, most)
    return w, history.values, trainer.step


def prediction(params, x):
    return xp.tanh(x @ params["w"]) @ params["v"]


def error(params, x, y):
    return xp.mean((prediction(params, x) - y) ** 2)


PARAMS = {"w": f64([[0.3, -0.1], [0.2, 0.4]]), "v": f64([1.0, -1.0])}
ROWS = f64([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0], [1.0, 1.0]])


@program([PARAMS, ROWS, f64([1.0, 0.0, 1.0, -1.0]), 2], [PARAMS, ROWS, f64([1.0, 0.0, 1.0, -1.0]), 0])
def learning_to_adapt(params, x, y, steps):
    def loss_after(params):
        fast = dict(params)
        for _ in range(steps):
            g = xp.grad(error)(fast, x[:2], y[:2])
            fast = {name: fast[name] - 0.1 * g[name] for name in fast}
        return error(fast, x[2:], y[2:])

    return xp.value_and_grad(loss_after)(params)


class Gan:
    def __init__(self) -> None:
        g = self.random = xp.random.Generator(0)
        self.maker, self.judge = (
            nn.Linear(2, 2, generator=g, dtype=xp.float64),
            nn.Linear(2, 1, generator=g, dtype=xp.float64),
        )
        self.of_maker = optim.Adam(self.maker.parameters(), lr=1e-2)
        self.of_judge = optim.SGD(self.judge.parameters(), lr=0.1)

    def step(self, optimizer, logits, wanted):
        loss = xp.binary_cross_entropy_with_logits(logits, xp.full(logits.shape, wanted))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    def train(self, real, times):
        for _ in range(times):
            fake = self.maker(self.random.normal(real.shape)).detach()
            judged = self.step(self.of_judge, self.judge(real), 1.0) + self.step(self.of_judge, self.judge(fake), 0.0)
        return judged, self.step(self.of_maker, self.judge(self.maker(self.random.normal(real.shape))), 1.0)


@program([f64([[1.0, 2.0], [0.5, 1.5]]), 2], [f64([[1.0, 2.0]]), 1], made=True)
def two_optimizers():
    return Gan().train
