"""What is known of a loop while it is staged."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dy2static.staging.objects.aliases import Alias
from dy2static.staging.objects.cells import Cell, Key
from dy2static.staging.objects.changes import Changes
from dy2static.staging.objects.coincidence import Position, Relations, objects_in, relations
from dy2static.staging.objects.sharing import Sharing
from dy2static.staging.regions.branch import label_of
from dy2static.staging.regions.facts import Implication
from dy2static.staging.regions.found_specs import without_objects
from dy2static.staging.regions.roster import Roster
from dy2static.staging.regions.rounds import Found, Role, Trip
from dy2static.staging.values.spec import Spec
from graph.aval import Dim
from graph.ir.builder import GraphBuilder
from graph.ir.value import Value
from graph.location import Loc


@dataclass(slots=True)
class Carried:
    """What a loop carries: variables of the converted code, then cells that its body changes.

    `in_place` are variables whose tensor or list the body changes but does not replace: their aliases see what the loop
    does. `kept` are those of other objects (dicts, dataclasses, tuples of such): the body is given the object itself,
    and what it changes in there is carried as cells.
    """

    names: Sequence[str]
    initial: list[Any]
    specs: list[Spec]
    trip: Trip
    """What the loops in the body were found to carry."""
    begun: list[Spec]
    """The descriptions as the loop began."""
    listed: int
    """How often something had been put into a list of the graph when the loop began (see `elements`)."""
    cells: dict[Key, Cell] = field(default_factory=dict[Key, Cell])
    in_place: set[int] = field(default_factory=set[int])
    exchanged: set[int] = field(default_factory=set[int])
    """The variables of which a trip was found to change the object, and a later one to give them another."""
    kept: set[int] = field(default_factory=set[int])
    varying: set[Dim] = field(default_factory=set[Dim])
    related: Relations = field(default_factory=Relations)
    """Which variables and cells hold one object when a trip begins."""
    related_after: Relations = field(default_factory=Relations)
    """Which do when the loop is over: the last trip may leave what no trip begins with."""
    may_hold: dict[int, list[Alias]] = field(default_factory=dict[int, list[Alias]])
    """Of what variables and cells that are None or unbound on some paths may hold the values, when a trip begins."""
    invariants: dict[tuple[int, int], Implication] = field(default_factory=dict[tuple[int, int], Implication])
    """What is presumed of two variables or cells when a trip begins (see `loop_invariants`)."""
    broken: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """The pairs of which that is not so."""
    replaced: set[int] = field(default_factory=set[int])
    """The variables that the body gives other objects."""
    left: Sequence[Any] = ()
    """The objects that the last staging of the body left in them."""
    within: dict[int, list[tuple[Position, Any]]] = field(default_factory=dict[int, list[tuple[Position, Any]]])
    """The objects of before the loop that trips put into variables, and into lists and cells that they change, each
    with its place."""
    elements: set[Position] = field(default_factory=set[Position])
    """Where trips leave objects that they, or those before, have put into a list of the graph."""
    taken_back: set[Hashable] = field(default_factory=set[Hashable])
    """What was found of objects that may be one, and not found again in the next trip: each is taken back once."""
    roster: Roster | None = None
    """The objects that variables hold by turns."""
    unruly: set[int] = field(default_factory=set[int])
    """The variables and cells that cannot be in it: one may hold another object, or two the same."""
    presumed: set[int] = field(default_factory=set[int])
    """Of what is said only because it was found in the round before (see `rounds`)."""
    presumed_elements: bool = False
    """Whether there are such `elements`."""
    widened: int | None = None
    """Whose description was widened last."""

    def found(self, roles: tuple[Role, ...]) -> Found:
        """What the loop was found to carry, once that has settled; its cells have these roles."""
        before = {id(x): at for i, value in enumerate(self.initial) for at, x in objects_in(value, (i, ()))}
        return Found(
            tuple(self.names),
            roles,
            tuple(map(without_objects, self.begun)),
            tuple(map(without_objects, self.specs)),
            frozenset(self.in_place),
            frozenset(self.kept),
            frozenset(self.replaced),
            tuple((i, at, before[id(x)]) for i, held in self.within.items() for at, x in held if id(x) in before),
            frozenset(self.varying),
            frozenset(self.roster.positions if self.roster else ()),
            frozenset(self.unruly),
            frozenset(self.exchanged),
            frozenset(self.elements),
            self.trip,
        )

    def is_presumed(self, counted: set[int]) -> bool:
        """Whether anything is but for the integers that each trip counts."""
        return self.presumed_elements or not self.presumed <= counted

    def is_kept(self, found: Hashable) -> bool:
        """Whether what was found stays, now that a trip does not find it again. What a trip finds depends on what it
        was told, by tests of which not all is followed: without an end to that, the two could go on in turns."""
        stays = found in self.taken_back
        self.taken_back.add(found)
        return stays

    def forget(self, sharing: Sharing) -> None:
        """Forget the cells and how objects are related: a variable that was an object of before the loop is others too,
        so what the trip was given was not what trips are given."""
        count = len(self.names)
        self.cells.clear()
        del self.initial[count:], self.specs[count:], self.begun[count:]
        self.presumed = {i for i in self.presumed if i < count}
        self.replaced, self.left, self.may_hold = set(self.exchanged), (), {}
        self.within, self.taken_back, self.elements = {}, set(), set()
        self.invariants, self.broken = {}, set()
        self.roster = None
        self.unruly = set()
        self.related = relations([self.initial], sharing)

    def exchange(self, variables: set[int], sharing: Sharing) -> None:
        """Carry these as values: a trip gives them other objects, though those before it may only have changed them."""
        for i in variables & self.kept:
            self.specs[i] = self.begun[i]
        self.exchanged |= variables
        self.in_place -= variables
        self.kept -= variables
        self.presumed -= variables
        self.forget(sharing)

    def label(self, i: int) -> str:
        """What a variable or cell is called."""
        if i < len(self.names):
            return label_of(self.names[i])
        return list(self.cells.values())[i - len(self.names)].text


@dataclass(frozen=True, slots=True)
class StagedTest:
    """One staging of the test of a `while`: its value, and what it tells of carried bools: by variable or cell, where
    there is another trip, and by position once the loop is over."""

    builder: GraphBuilder
    pred: Value
    again: Sequence[tuple[int, bool]]
    over: Sequence[tuple[int, bool]]


@dataclass(slots=True)
class StagedBody:
    """One staging of the body: what it was given in the variables (`passed`) and in the cells too, what it returned
    (objects, and their values then), what changed."""

    builder: GraphBuilder
    passed: list[Any]
    given: list[Any]
    outputs: list[Any]
    values: list[Any]
    changed: Changes
    touched: set[Key]
    unseen: Sequence[Loc] = ()
    """Where it puts into a list what it has changed before, and the next trip has too (see `elements`)."""
    test: StagedTest | None = None
