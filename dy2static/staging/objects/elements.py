"""Objects that are put into lists of the graph, or taken out of them.

Such a list holds values: it would see no change of the object, nor the object one of the element.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dy2static.staging.locate import user_location
from dy2static.staging.objects.aliases import ALWAYS, Aliases, Ways, both, either
from dy2static.staging.objects.by_identity import ByIdentity, without_garbage
from dy2static.staging.objects.cells import Cell, HandleCell
from dy2static.staging.objects.changeable import changeable_within, objects_within
from dy2static.staging.objects.sharing_errors import refused_in_list
from dy2static.staging.objects.stale import is_stale
from eager.tensor import Tensor
from graph.ir.frozen import frozen
from graph.location import Loc


@frozen
class Stored:
    """Where an object was put into a list, on which paths, and how many had been before it."""

    loc: Loc
    ways: Ways
    number: int


@dataclass(slots=True)
class ElementsOfTrip:
    """What the trip of a loop that is being staged does with elements."""

    updated: ByIdentity[Loc] = field(default_factory=ByIdentity[Loc])
    """The lists of which it has changed an element in place, each with where."""
    late: ByIdentity[Loc] = field(default_factory=ByIdentity[Loc])
    """Objects that were put into such a list afterwards, each with the place."""
    unseen: list[Loc] = field(default_factory=list[Loc])
    """Where it puts something from before the trip into a list that it has changed: if the next trip has that too, all
    elements would be one object."""


class Elements:
    """Those of one staging."""

    def __init__(
        self,
        aliases: Aliases,
        is_known: Callable[[Any], bool],
        original: Callable[[Any], Any],
        here: Callable[[], Ways],
    ) -> None:
        """`original` gives the object that one is a copy of, or itself; `here` says which paths lead to the place that
        is being staged."""
        self._aliases = aliases
        self._is_known = is_known
        self._original = original
        self._here = here
        self._stored = ByIdentity[Stored]()
        self._count = 0
        self.is_used = False
        """Whether there are any, so that nobody looks for them in programs without."""
        self._taken = ByIdentity[None]()
        """Objects that stand for elements."""
        self._trips = [ElementsOfTrip()]
        """Innermost last."""
        self._has_twins = False
        """Whether one object may be in lists more than once."""
        self._exempt: dict[int, int] = {}
        """Objects that count as elements only if they were among the first of so many."""

    @property
    def count(self) -> int:
        """How often something was put into a list."""
        return self._count

    def has(self, identity: int) -> bool:
        """Whether the object of this identity is an element here, or stands for one."""
        return identity in self._taken or self._ways_of(identity) is not None

    def _ways_of(self, identity: int) -> Ways | None:
        """On which paths an object was put into a list; None where none of them leads here."""
        found = self._stored.get(identity)
        if found is None or found.number > self._exempt.get(identity, found.number):
            return None
        return found.ways if self._aliases.may_be(found.ways) else None

    def where(self, identity: int) -> Loc | None:
        """Where the object of this identity was put into a list."""
        found = self._stored.get(identity)
        return None if found is None else found.loc

    def of(self, identity: int) -> Any:
        """The element of this identity."""
        return next((x for x, _ in (*self._taken.items(), *self._stored.items()) if id(x) == identity), None)

    @contextmanager
    def as_before(self, objects: Sequence[int], count: int) -> Generator[None]:
        """Within, these are elements only if they were when `count` had been put into lists. What a loop begins with is
        not an element for what later trips do with the objects that they have in its place."""
        before, self._exempt = self._exempt, {**self._exempt, **dict.fromkeys(objects, count)}
        try:
            yield
        finally:
            self._exempt = before

    def merge(self, merged: Any, objects: Sequence[Any], ways: Sequence[Ways]) -> None:
        """Note that `merged` stands for one of `objects`, for each where one of its `ways` is taken."""
        if not self.is_used:
            return
        found: list[Ways] = []
        for x, way in zip(objects, ways, strict=True):
            stored = ALWAYS if id(x) in self._taken else self._ways_of(id(x))
            if stored is not None and self._aliases.may_be(together := both(stored, way)):
                found.append(together)
        if found:
            self._note(merged, either(found))

    def mark(self, x: Any) -> None:
        """Note an object as an element, whatever was put into which list."""
        self._note(x, ALWAYS)

    def _note(self, x: Any, ways: Ways) -> None:
        self._count, self.is_used = self._count + 1, True
        known = self._stored.get(id(x))
        number = self._count if known is None else known.number
        self._stored.note(x, Stored(user_location(), ways if known is None else either((known.ways, ways)), number))

    def store(
        self, items: Any, item: Any, changed: Callable[[Any], bool], is_of_trip: Callable[[Any], bool | None]
    ) -> None:
        """Note what is put into the graph list `items`. `changed` says whether the trip of a loop has changed an object
        of before it already; `is_of_trip` whether an object is another one in each trip of the innermost loop, and None
        where what is innermost is no loop.

        Raises: StagingError when the object changes from trip to trip, so that all elements would be one object.
        """
        trip, here = self._trips[-1], self._here()
        is_late = id(items) in trip.updated
        for x in objects_within(item):
            for thing in {id(one): one for one in (x, self._original(x))}.values():
                if changed(thing) and not is_of_trip(thing):
                    if is_of_trip(thing) is None:
                        raise refused_in_list(put_at=user_location())
                    trip.unseen.append(user_location())
                others = [(alias.object, alias.ways) for alias in self._aliases.of(id(thing))]
                for one, ways in ((thing, ALWAYS), *others):  # on some paths it is the other that is stored
                    self._has_twins |= self.has(id(one))
                    self._note(one, both(ways, here) if is_of_trip(one) else ALWAYS)
                    if is_late:
                        trip.late.note(one, user_location())

    @contextmanager
    def trip(self) -> Generator[ElementsOfTrip]:
        """The body of a loop, up to where what it leaves is known.

        Raises: StagingError where it changes an element of a list in place, before it puts something into the list
        that has another name: further trips may change that.
        """
        trip = ElementsOfTrip()
        self._trips.append(trip)
        try:
            yield trip
            without_garbage(self._check_late)
        finally:
            self._trips.pop()
            for items, loc in trip.updated.items():
                self._trips[-1].updated.note(items, loc)

    def _check_late(self) -> None:
        trip = self._trips[-1]
        emptied = [(items, loc) for items, loc in trip.updated.items() if items.staged is None]
        filled_anew = [(x, loc) for items, loc in emptied for x in objects_within(items) if x is not items]
        for x, loc in (*trip.late.items(), *filled_anew):
            if self._is_known(x) and not is_stale(x):
                raise refused_in_list(put_at=loc)

    def take(self, item: Any) -> Any:
        """Note what stands for an element."""
        for x in objects_within(item):
            self._taken.note(x, None)
            self.is_used = True
        return item

    def take_over(self, made: Any, left: Any) -> None:
        """Note what stands for elements in `made`: what a block has left as `left`, behind it."""
        for x, y in zip(changeable_within(made), changeable_within(left), strict=False):
            if self.has(id(y)):
                self._taken.note(x, None)
                self.is_used = True

    def hand_on(self, given: Any, initial: Any) -> None:
        """Note what a loop has put into lists of what it was given for `initial`, and is that."""
        for x, y in zip(changeable_within(given), changeable_within(initial), strict=False):
            self.merge(y, [x], [ALWAYS])

    def share(self) -> None:
        """Note that two lists have elements in common."""
        self._has_twins = True

    def update(self, items: Any, item: Any) -> list[tuple[Cell, str]]:
        """An element of the graph list `items` is to be changed in place and put back where it was; gives what this
        makes stale, each with a label.

        Raises: StagingError when it may have another name that the change cannot be told.
        """
        objects = objects_within(item)
        if objects:
            self._trips[-1].updated.note(items, user_location())
        for x in objects:
            self._taken.forget(id(x))
        return without_garbage(self._check_others) if objects else []

    def _check_others(self) -> list[tuple[Cell, str]]:
        others = [x for x, _ in self._taken.items() if self._is_known(x) and not is_stale(x)]
        if self._has_twins or self._stored or not all(isinstance(x, Tensor) for x in others):
            raise refused_in_list()
        return [(HandleCell(x), "an element that was taken out of a list before") for x in others]
