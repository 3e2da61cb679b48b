"""What loops were found to carry, from one staging of the code around them to the next.

The body of a loop is staged until the description of what it carries settles, and the loops in it are staged anew each
time. So that these do not have to find everything anew, which would take a time that is exponential in their depth, a
loop begins with what was found at its place in the round before. That is presumed only: `loop.py` takes back what a
trip does not bear out.
"""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, MappingProxyType
from typing import Any, Final, NamedTuple

from dy2static.errors import StagingError
from dy2static.staging.locate import Place, is_users, user_place
from dy2static.staging.objects.coincidence import Position
from dy2static.staging.values.spec import Spec, TensorSpec
from graph.aval import Dim

Way = tuple[str, tuple[int, ...]]
"""A variable of a loop, and the place of an object in what it holds."""
Role = tuple[str, Way | int, Any]
"""The kind of a cell, who owns it and which of the owner's it is. The owner goes by the way to it; by its identity
where the loop has none, as for what its callees know."""
PlaceOfTrip = tuple[Place, tuple[int, ...], tuple[str, ...]]
"""The way to a place, with the trips of the loops written out around it and the variables of the loop: one statement,
or call of a builtin, may make several loops."""
PlaceOfStep = tuple[CodeType, Place, tuple[int, ...]]
"""The code of a step, the way to it and the trips of the loops written out around it."""
Trip = Mapping[PlaceOfTrip, list["Found"]]
"""What the loops in a trip were found to carry, by their place, in the order in which they were staged."""
NO_TRIP: Final[Trip] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """What one loop was found to carry: its variables and then the cells that it changes, each with its description as
    the loop began and in the end; of the variables, those whose objects it changes in place, and those that stay the
    containers they are; which are given other objects, and which of these were there before the loop; which hold
    objects by turns, and which cannot; which are both changed in place and given other objects; the places of what is
    in a list of the graph, too; and what the loops in its last trip were."""

    names: tuple[str, ...]
    cells: tuple[Role, ...]
    begun: tuple[Spec, ...]
    specs: tuple[Spec, ...]
    in_place: frozenset[int]
    kept: frozenset[int]
    replaced: frozenset[int]
    within: tuple[tuple[int, Position, Position], ...]
    """Variables and cells, each with a place in it and one before the loop: the object of that may be here."""
    varying: frozenset[Dim]
    """The sizes that vary from trip to trip."""
    roster: frozenset[int]
    unruly: frozenset[int]
    exchanged: frozenset[int]
    elements: frozenset[Position]
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
        self._now: dict[PlaceOfTrip, list[Found]] = {}
        self._count: Counter[PlaceOfTrip] = Counter()
        """How many loops were staged at each place in this trip."""
        self._written_out: list[int] = []
        self._changed_before: dict[PlaceOfStep, StagingError] = {}
        self._failing = set[PlaceOfStep]()
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

    def at(self, place: Place, names: Sequence[str]) -> Found | None:
        """What the loop over variables of these names that begins at this place was found to carry in the round
        before."""
        at = self._at(place, names)
        number = self._count[at]
        seen = self._now.get(at, ())  # in a trial that was taken back
        seen = seen if number < len(seen) else self._before.get(at, ())
        return seen[number] if number < len(seen) else None

    def note(self, place: Place, found: Found) -> None:
        """The loop at this place has been staged."""
        at = self._at(place, found.names)
        self._now.setdefault(at, [])[self._count[at] : self._count[at] + 1] = [found]
        self._count[at] += 1

    def mark(self) -> Counter[PlaceOfTrip]:
        """How far the trip has come."""
        return self._count.copy()

    def take_back(self, mark: Counter[PlaceOfTrip]) -> None:
        """What was staged since then is not in the graph, and may be staged again in another way: the loops in it begin
        with what they were found to carry."""
        self._count = mark

    def is_known_to_fail(self, body: Any) -> bool:
        """Whether a run was found to fail in the body of this loop."""
        return self._step_at(body) in self._failing

    def note_failing(self, body: Any) -> None:
        """A run may fail in it."""
        at = self._step_at(body)
        if at is not None:
            self._failing.add(at)

    def changed_before(self, step: Any) -> StagingError | None:
        """The error of a step of a `try` or `with` that was found to change something before it can fail."""
        at = self._step_at(step)
        return None if at is None else self._changed_before.get(at)

    def note_changed_before(self, step: Any, error: StagingError) -> None:
        """A step does so: it need not be tried again as one that does not."""
        at = self._step_at(step)
        if at is not None:
            self._changed_before[at] = error

    def _step_at(self, step: Any) -> PlaceOfStep | None:
        """None for steps that are not the user's."""
        code: CodeType | None = getattr(step, "__code__", None)
        if code is None or not is_users(code.co_filename):
            return None
        return (code, user_place(), tuple(self._written_out))

    @contextmanager
    def written_out(self, trip: int) -> Generator[None]:
        """Within, a trip of a loop is staged that is written out, one trip behind the other."""
        self._written_out.append(trip)
        try:
            yield
        finally:
            self._written_out.pop()

    def _at(self, place: Place, names: Sequence[str]) -> PlaceOfTrip:
        return (place, tuple(self._written_out), tuple(names))

    @contextmanager
    def trip(self, before: Trip) -> Generator[Trip]:
        """Within, a trip is staged whose loops were found to carry what `before` says; gives what is found now."""
        outer = self._before, self._now, self._count, self._is_outermost
        self._before, self._now, self._count, self._is_outermost = before, {}, Counter[PlaceOfTrip](), False
        try:
            yield self._now
        finally:
            self._before, self._now, self._count, self._is_outermost = outer
