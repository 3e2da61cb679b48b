"""Objects of plain classes made anew for each call, and objects within objects."""

from typing import Any

import eager as xp
from support.programs import f64, program


class Scale:
    def __init__(self, k: float) -> None:
        self.k = xp.asarray(k)
        self.count = 0


class Machine:
    """Each call hands a fresh object to a function of its own."""

    def __init__(self, step: Any) -> None:
        self.step = step
        self.calls = 0

    def __call__(self, x):
        self.calls = self.calls + 1
        scale = Scale(2.0)
        return self.step(scale, x), scale.k, scale.count


def grows(scale, x):
    while x < 5:
        scale.k = scale.k * 2
        x = x + scale.k
    scale.count += 1
    return x


@program([f64(1.0)], [f64(2.0)], [f64(9.0)], made=True)
def handed_to_a_function():
    return Machine(grows)
