"""Python loops that put too much into the graph: from some trip on they become loops of the graph, if their body can.

So the time that staging takes grows with the source and not with the number of trips.
"""

import warnings
from collections.abc import Callable
from typing import Any, Final

from dy2static.errors import UnrolledLoopWarning
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from graph.errors import GraphError

MOST_OPS: Final = 300
"""Ops that the trips of a Python loop may put into the graph before the rest of them is rolled."""
TOO_MANY_OPS: Final = 3000
"""And how many they may be before there is a warning, where the body cannot be rolled."""
State = tuple[Any, ...]


class Roller:
    """Watches one Python loop while it is staged."""

    def __init__(self, stager: Stager) -> None:
        self._stager = stager
        self._builder = stager.builder
        self._seen = len(stager.builder.ops)
        self._count = 0
        self._is_tried = False
        self._why = ""
        """What kept the body from being rolled, until there was a warning."""

    def is_due(self) -> bool:
        """Whether the loop has put so much into the graph that the rest of it should be rolled; true once a loop."""
        new = self._builder.ops[self._seen :]
        self._seen = len(self._builder.ops)
        self._count += sum(1 + sum(len(region.ops) for region in op.regions) for op in new)
        if self._is_tried:
            if self._why and self._count > TOO_MANY_OPS:
                _warn(self._stager, self._why)
                self._why = ""
            return False
        self._is_tried = self._count > MOST_OPS
        return self._is_tried

    def roll(self, rest: Callable[[], State]) -> State | None:
        """The state after `rest`, which stages the remaining trips as a loop of the graph; None when the body cannot be
        one."""
        stager = self._stager
        mark = len(stager.builder.ops)
        with stager.cells.trial() as trial:
            try:
                state = rest()
                trial.keep()
                return state
            except Exception as error:
                self._why = error.what if isinstance(error, GraphError) else f"{type(error).__name__}: {error}"
        stager.builder.truncate(mark)
        self._seen = mark
        return None


def _warn(stager: Stager, why: str) -> None:
    loc = user_location()
    if (loc.file, loc.line) in stager.warned:
        return
    stager.warned.add((loc.file, loc.line))
    warnings.warn_explicit(
        f"this loop has put more than {TOO_MANY_OPS} ops into the graph and goes on: it is unrolled, as its body "
        f"cannot be that of a loop of the graph: {why}.\n"
        "  Next: index a tensor or a list in the body, where it needs an ordinary value of each trip; then its size "
        "does not matter.",
        UnrolledLoopWarning,
        loc.file,
        loc.line,
    )
