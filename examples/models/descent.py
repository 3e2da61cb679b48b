"""Gradient descent with a line search: a loop in a loop, and the gradient of a user's function in both."""

import eager as xp
from dy2static.report.case import Case


def rosenbrock(x, valley):
    return (1.0 - x[0]) ** 2 + valley * (x[1] - x[0] * x[0]) ** 2


def descend(x, valley):
    """The point after at most 30 steps downhill; each step is halved until it goes down far enough (Armijo)."""
    slope = xp.grad(rosenbrock)
    steps = 0
    g = slope(x, valley)
    while xp.sum(g * g) > 1e-6 and steps < 30:
        enough = 0.3 * xp.sum(g * g)
        step = xp.asarray(1.0)
        while rosenbrock(x - step * g, valley) > rosenbrock(x, valley) - step * enough:
            step = 0.5 * step
        x = x - step * g
        g = slope(x, valley)
        steps += 1
    return x


def final_height(x, valley):
    return rosenbrock(descend(x, valley), valley)


def case() -> Case:
    return Case(
        name="descent",
        title="Descent with a line search",
        function=descend,
        example=(xp.asarray([0.5, 0.5]), xp.asarray(1.0)),
        other=(xp.asarray([-1.0, 1.5]), xp.asarray(10.0)),
        described=("a round valley", "a narrow valley"),
        loss=final_height,
        argnum=0,
    )
