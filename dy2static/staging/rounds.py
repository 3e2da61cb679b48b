"""What loops were found to carry, from one staging of the code around them to the next.

The body of a loop is staged until the description of what it carries settles, and the loops in it are staged anew each
time. So that these do not have to find everything anew, which would take a time that is exponential in their depth, a
loop begins with what was found at its place in the round before. That is presumed only: `loop.py` takes back what a
trip does not bear out.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dy2static.staging.cells import Key
from dy2static.staging.locate import Place
from dy2static.staging.spec import ConstantSpec, ContainerSpec, Spec, TensorSpec
from dy2static.staging.unify import stageable

Trip = Mapping[Place, list["Found"]]
"""What the loops in a trip were found to carry, by the way to their place, in the order in which they were staged."""
NO_TRIP: Final[Trip] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """What one loop was found to carry: its variables with their descriptions, the cells that it changes, the variables
    whose objects it changes in place; and what the loops in its last trip were."""

    names: tuple[str, ...]
    specs: tuple[Spec, ...]
    cells: tuple[Key, ...]
    in_place: frozenset[int]
    trip: Trip


class Rounds:
    """The trips of loops that are being staged, each with what was found in the one before."""

    def __init__(self) -> None:
        self._before = NO_TRIP
        self._now: dict[Place, list[Found]] = {}

    def at(self, place: Place) -> Found | None:
        """What the loop that begins at this place was found to carry in the round before."""
        seen, number = self._before.get(place, ()), len(self._now.get(place, ()))
        return seen[number] if number < len(seen) else None

    def note(self, place: Place, found: Found) -> None:
        """The loop at this place has been staged."""
        self._now.setdefault(place, []).append(found)

    @contextmanager
    def trip(self, before: Trip) -> Generator[Trip]:
        """Within, a trip is staged whose loops were found to carry what `before` says; gives what is found now."""
        outer = self._before, self._now
        self._before, self._now = before, {}
        try:
            yield self._now
        finally:
            self._before, self._now = outer


def staged_as(spec: Spec, other: Spec) -> Spec:
    """The description with those numbers staged that are in the graph in another one of the same structure."""
    match spec, other:
        case ConstantSpec(), TensorSpec():
            return stageable(spec)
        case ContainerSpec(), ContainerSpec() if spec.node == other.node:
            return ContainerSpec(spec.node, tuple(map(staged_as, spec.parts, other.parts)))
        case _:
            return spec
