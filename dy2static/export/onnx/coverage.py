"""Which branches and how many trips a run of a graph takes; the run itself is the oracle's."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from graph.execute.interpreter import run
from graph.ir.op import Graph, Op
from graph.ir.walk import walk
from graph.location import Loc

MOST_OPS: Final = 5_000
"""Ops of one run on inputs that are made up, which may make a loop go on for ever."""
MOST_IN_ALL: Final = 40_000
"""Ops of all such runs."""
LOOPS: Final = ("while_loop", "for_loop")
ARRAYS: Final[Any] = (np.ndarray, np.generic)
TRIPS: Final = ("no", "one", "many")


class TooLongError(Exception):
    """The run takes more ops than a check may."""


@dataclass(slots=True)
class Coverage:
    """What the runs so far have reached."""

    branches: Counter[tuple[Op, int]] = field(default_factory=Counter[tuple[Op, int]])
    """In how many runs each branch was taken."""
    trips: set[tuple[Op, str]] = field(default_factory=set[tuple[Op, str]])
    """Whether loops made no trips, one, or many."""

    ops: int = 0
    """How many ops have run."""

    def taken(self, graph: Graph, args: Sequence[Any], most_ops: int | None = None) -> tuple[tuple[Any, ...], bool]:
        """The results of a run, and whether it went where fewer than two runs, or no run had gone before.

        Raises: what the run raises; TooLongError.
        """
        branches: set[tuple[Op, int]] = set()
        counts: Counter[Op] = Counter()
        trips: set[tuple[Op, str]] = set()
        ops = 0

        def entered(op: Op, region: int) -> None:
            if op.name == "cond":
                branches.add((op, region))
            elif op.name in LOOPS and region == len(op.regions) - 1:
                counts[op] += 1

        def done(op: Op, results: tuple[Any, ...]) -> None:
            nonlocal ops
            ops += 1
            self.ops += 1
            if most_ops is not None and ops > most_ops:
                raise TooLongError
            if op.name in LOOPS:
                trips.add((op, TRIPS[min(counts.pop(op, 0), 2)]))

        results = run(graph, args, on_op=done, on_region=entered)
        is_new = any(self.branches[branch] < 2 for branch in branches) or not trips <= self.trips
        self.branches.update(branches)
        self.trips |= trips
        return tuple(map(_kept, results)), is_new

    def unreached(self, graph: Graph) -> tuple[str, ...]:
        """What no run took, in words."""
        found: list[str] = []
        for op in _control(graph):
            if op.name == "cond":
                found += [
                    f"{_at(op.loc)}the branch for {'true' if side == 0 else 'false'} was taken by "
                    f"{('no run', 'one run only')[self.branches[op, side]]}"
                    for side in (0, 1)
                    if self.branches[op, side] < 2
                ]
            else:
                missing = [trips for trips in TRIPS if (op, trips) not in self.trips]
                found += [f"{_at(op.loc)}the loop never made {trips} trip{'s' * (trips != 'one')}" for trips in missing]
        return tuple(dict.fromkeys(found))


def _control(graph: Graph) -> list[Op]:
    graphs = (graph, *graph.functions.values())
    return [op for g in graphs for op in walk(g) if op.name == "cond" or op.name in LOOPS]


def _at(loc: Loc) -> str:
    return f"{loc}: " if loc.line else ""


def _kept(x: Any) -> Any:
    """A result that later runs cannot change."""
    return np.array(x) if isinstance(x, ARRAYS) else x
