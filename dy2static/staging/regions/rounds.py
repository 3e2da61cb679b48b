"""What loops were found to carry, from one staging of the code around them to the next.

The body of a loop is staged until the description of what it carries settles, and the loops in it are staged anew each
time. So that these do not have to find everything anew, which would take a time that is exponential in their depth, a
loop begins with what was found at its place in the round before. That is presumed only: `loop.py` takes back what a
trip does not bear out.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from dy2static.staging.locate import Place
from dy2static.staging.objects.cells import Key
from dy2static.staging.values.spec import ConstantSpec, ContainerSpec, Spec, TensorSpec
from dy2static.staging.values.unify import stageable

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


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a loop outside of loops was found to carry in an earlier process: the variables that begin as numbers of
    Python's and are in the graph, by position."""

    names: tuple[str, ...]
    numbers: Mapping[int, TensorSpec]


class Settled(NamedTuple):
    """What the loops of a function were found to carry: those outside of loops, in the order in which they began."""

    loops: Sequence[Foreseen] = ()
    is_foreseen: bool = False
    """Whether anything was taken from an earlier process."""
    is_repeated: bool = False
    """Whether the body of such a loop was staged a second time."""


class Rounds:
    """The trips of loops that are being staged, each with what was found in the one before."""

    def __init__(self, foresee: Callable[[], Sequence[Foreseen]] | None = None) -> None:
        """`foresee` gives what an earlier process found, in the order in which loops begin."""
        self._before = NO_TRIP
        self._now: dict[Place, list[Found]] = {}
        self._is_outermost = True
        self._foresee = foresee
        self._foreseen: Sequence[Foreseen] = ()
        self._outermost: list[Foreseen] = []
        """What the loops outside of loops were found to carry."""
        self._is_foreseen = self._is_repeated = False

    @property
    def settled(self) -> Settled:
        """What was found, when all is staged."""
        return Settled(tuple(self._outermost), self._is_foreseen, self._is_repeated)

    def begin(self, names: Sequence[str]) -> int | None:
        """A loop is being staged; its number if it is outside of loops."""
        if not self._is_outermost:
            return None
        if self._foresee is not None:
            self._foreseen, self._foresee = self._foresee(), None
        self._outermost.append(Foreseen(tuple(names), {}))
        return len(self._outermost) - 1

    def foreseen(self, number: int | None) -> Mapping[int, TensorSpec]:
        """What an earlier process found for the variables of that loop."""
        if number is None or number >= len(self._foreseen):
            return {}
        found = self._foreseen[number]
        is_same = found.names == self._outermost[number].names
        self._is_foreseen = self._is_foreseen or bool(is_same and found.numbers)
        return found.numbers if is_same else {}

    def settle(self, number: int | None, numbers: Mapping[int, TensorSpec], rounds: int) -> None:
        """What that loop has been found to carry, after so many rounds."""
        if number is not None:
            self._outermost[number] = Foreseen(self._outermost[number].names, numbers)
            self._is_repeated = self._is_repeated or rounds > 1

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
        outer = self._before, self._now, self._is_outermost
        self._before, self._now, self._is_outermost = before, {}, False
        try:
            yield self._now
        finally:
            self._before, self._now, self._is_outermost = outer


def staged_as(spec: Spec, other: Spec) -> Spec:
    """The description with those numbers staged that are in the graph in another one of the same structure."""
    match spec, other:
        case ConstantSpec(), TensorSpec():
            return stageable(spec)
        case ContainerSpec(), ContainerSpec() if spec.node == other.node:
            return ContainerSpec(spec.node, tuple(map(staged_as, spec.parts, other.parts)))
        case _:
            return spec
