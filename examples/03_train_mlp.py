"""Training with the whole step in one graph: forward, backward, the optimizer, and the writes to its state."""

import time

import numpy as np

import eager as xp
from dy2static import to_static
from eager import nn, optim


class Classifier(nn.Module):
    def __init__(self, generator):
        self.hidden = nn.Linear(2, 32, generator=generator)
        self.readout = nn.Linear(32, 2, generator=generator)

    def forward(self, x):
        return self.readout(xp.tanh(self.hidden(x)))


def spirals(count, rng):
    """Two spirals of points, and which of them each point is on."""
    label = rng.integers(0, 2, count)
    t = rng.uniform(0.5, 3.0, count)
    angle = 2.0 * t + np.pi * label
    points = np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1) + rng.normal(scale=0.05, size=(count, 2))
    return xp.asarray(points), xp.asarray(label)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    model = Classifier(xp.random.Generator(0))
    optimizer = optim.Adam(model.parameters(), lr=0.02)

    def step(x, label):
        optimizer.zero_grad()
        loss = xp.cross_entropy(model(x), label)
        loss.backward()
        optimizer.step()
        return loss

    static_step = to_static(step)
    x, label = spirals(400, rng)
    for i in range(601):
        loss = static_step(x, label)
        if i % 150 == 0:
            print(f"step {i:>3}: loss {float(loss):.4f}")

    x_test, label_test = spirals(400, rng)
    right = xp.mean(xp.astype(xp.argmax(model(x_test), axis=1) == label_test, xp.float64))
    print(f"held-out accuracy {float(right):.1%}")

    for name, run in (("eager", step), ("static", static_step)):
        start = time.perf_counter()
        for _ in range(100):
            run(x, label)
        print(f"{name:<7}{(time.perf_counter() - start) * 1e4:6.0f} us per step")
    print(static_step.explain())
