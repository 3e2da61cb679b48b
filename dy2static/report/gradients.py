"""The gradient of a case by three ways: eager's tape, the differentiated graph, and differences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

import eager as xp
from dy2static.decorator import StaticFunction, to_static
from dy2static.report.agreement import distance
from dy2static.report.case import Case
from eager.pytree import flatten, unflatten

STEP: Final = 1e-6
DIRECTIONS: Final = 3
GRAPH_LIMIT: Final = 1e-9
DIFFERENCES_LIMIT: Final = 1e-4
"""Central differences of float64 are not better than about the cube root of its precision."""


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """How far the converted function's gradient and central differences are from the tape's, relatively."""

    graph: float
    differences: float

    @property
    def holds(self) -> bool:
        return self.graph <= GRAPH_LIMIT and self.differences <= DIFFERENCES_LIMIT


def check_gradients(case: Case, args: tuple[Any, ...]) -> GradientCheck | None:
    """Compare at `args`; None for a case without a gradient."""
    if case.no_gradient:
        return None
    loss = case.loss or case.function
    tape = xp.grad(loss, case.argnum)(*args)
    static = loss if isinstance(loss, StaticFunction) else to_static(loss)
    graph = static.grad(case.argnum)(*args)
    return GradientCheck(distance(graph, tape), _difference(loss, case.argnum, args, tape))


def _difference(loss: Callable[..., Any], argnum: int, args: tuple[Any, ...], gradient: Any) -> float:
    """The largest gap between `<gradient, v>` and the central difference along random `v`, relative to the gradient."""
    leaves, structure = flatten(args[argnum])
    parts = [np.asarray(g) for g in flatten(gradient)[0]]
    rng = np.random.default_rng(0)
    gap = 0.0
    scale = float(np.sqrt(sum(np.sum(g * g) for g in parts)))
    for _ in range(DIRECTIONS):
        direction = [rng.normal(size=g.shape) for g in parts]
        length = float(np.sqrt(sum(np.sum(v * v) for v in direction)))
        direction = [v / length for v in direction]
        values: list[float] = []
        for sign in (1.0, -1.0):
            moved = [xp.asarray(np.asarray(x) + sign * STEP * v) for x, v in zip(leaves, direction, strict=True)]
            values.append(float(loss(*args[:argnum], unflatten(structure, moved), *args[argnum + 1 :])))
        along = sum(float(np.sum(g * v)) for g, v in zip(parts, direction, strict=True))
        gap = max(gap, abs((values[0] - values[1]) / (2 * STEP) - along))
    return gap / max(scale, np.finfo(np.float64).tiny)
