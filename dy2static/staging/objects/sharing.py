"""Names for one object or another: what a value is after paths that leave different objects in one place.

Eager code that changes such an object in place changes what the other names of the object say, on some paths only. The
graph merges values, not objects, so what these names say is stale from there on (see `stale`); where there is nothing
stale to stand for it, the change is refused. What is put into a graph list, or taken out of it, cannot be changed in
place either (see `elements`).
"""

from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.objects.aliases import ALWAYS, Alias, Aliases, Ways, both
from dy2static.staging.objects.by_identity import ByIdentity, let_go, of_reference, reference_to, without_garbage
from dy2static.staging.objects.cells import Cell, same_place
from dy2static.staging.objects.changeable import changeable_within, held_in, is_changeable, items_of, object_of
from dy2static.staging.objects.elements import Elements
from dy2static.staging.objects.made import parts_of
from dy2static.staging.objects.sharing_errors import bound_on_some_paths, kind_of, refused_in_list
from dy2static.staging.objects.stale import is_stale, refused
from dy2static.staging.regions.facts import Facts
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.staged import StagedNumber
from dy2static.staging.values.undefined import Undefined
from eager.tensor import Tensor
from graph.ir.value import Value
from graph.location import Loc

T = TypeVar("T")


class Sharing:
    """Which objects are merged from others, in one staging."""

    def __init__(
        self,
        is_from_outside: Callable[[Any], bool],
        is_known: Callable[[Any], bool],
        is_followed: Callable[[Any], bool],
        may_be: Callable[[Facts], bool],
        here: Callable[[], Ways],
    ) -> None:
        """`is_followed` says whether the graph knows where an object from outside is (see `roster`); `here` which paths
        lead to the place that is being staged."""
        self._is_from_outside = is_from_outside
        self._is_known = is_known
        self._is_followed = is_followed
        self._merged = ByIdentity[str]()
        """Objects that may be one of the caller's, on some paths, each with a label."""
        self._carried = ByIdentity[None]()
        """What loops' bodies were given for objects that may be the caller's."""
        self._alike = Aliases(may_be)
        """What else an object may be."""
        self._fixed = ByIdentity[str]()
        """Objects that cannot be changed in place in the block that has them, each with a label."""
        self._copies = ByIdentity[Any]()
        """Values of objects as a block left them, each with a reference to the object."""
        self.was_asked = False
        """Whether code was staged that asks if two objects are one."""
        self.elements: Final = Elements(self._alike, is_known, self._original, here)

    def may_be_outside(self, value: Any) -> bool:
        """Whether a value may be one of the caller's objects, on some paths."""
        return id(value) in self._merged or id(value) in self._carried

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Within, the variables of a loop are merged, all at one time: where two of them may be what one object was
        before the loop, they are so in different trips."""
        with self._alike.at_once():
            yield

    def merge(self, merged: Any, objects: Sequence[Any], label: str, ways: Sequence[Ways] | None = None) -> None:
        """Note that `merged` stands for one of `objects`, for each where one of its `ways` is taken: which one is known
        only when the graph runs."""
        merged, objects = object_of(merged), [object_of(x) for x in objects]
        if isinstance(merged, StagedNumber) or any(merged is x for x in objects):
            return
        ways = [ALWAYS] * len(objects) if ways is None else ways
        if is_changeable(merged):
            self._merge_object(merged, objects, label, ways)
            if isinstance(merged, Tensor):
                return
        if (maybe := held_in(merged)) is None:
            self._merge_items(merged, objects, label, ways)
            return
        if isinstance(merged, MaybeDefined) and any(self._is_from_outside(x) for x in objects):
            self._merged.note(merged, label)
        for x, way in zip(objects, ways, strict=True):
            for alias in self._reached(x, maybe.spec, label, way):
                self._hold(merged, maybe.flag, alias)

    def merge_items(self, merged: Any, before: Any, label: str) -> None:
        """Note that the items of `merged` may be those of `before`, which are one container."""
        self._merge_items(object_of(merged), [object_of(before)], label, [ALWAYS])

    def _merge_items(self, merged: Any, objects: Sequence[Any], label: str, ways: Sequence[Ways]) -> None:
        items = items_of(merged)
        inner = [(items_of(x), way) for x, way in zip(objects, ways, strict=True)]
        inner = [(parts, way) for parts, way in inner if len(parts) == len(items)]
        for i, item in enumerate(items):
            self.merge(item, [parts[i] for parts, _ in inner], label, [way for _, way in inner])

    def _merge_object(self, merged: Any, objects: Sequence[Any], label: str, ways: Sequence[Ways]) -> None:
        if any(self._is_from_outside(x) and not self._is_followed(x) for x in objects):
            self._merged.note(merged, label)
        self.elements.merge(merged, objects, ways)
        for x, way in zip(objects, ways, strict=True):
            if is_changeable(x):
                self.note_alike(merged, x, label, way)
                for alias in self._alike.of(id(x)):
                    if self._is_known(alias.object):
                        self.note_alike(merged, alias.object, label, both(way, alias.ways))

    def _reached(self, value: Any, spec: Any, label: str, ways: Ways = ALWAYS) -> Iterator[Alias]:
        """The objects of which what has `spec` holds the values where it is made of `value`, and what else these may
        be. Not those that are in it themselves."""
        themselves = {id(part.value) for part in parts_of(spec) if hasattr(part, "value")}
        objects = list(changeable_within(value, themselves))
        for x in objects:
            yield Alias(x, label, ways, is_of_parts=False)
        for x in (value, *(x for x in objects if x is not value)):
            for alias in self._alike.of(id(x)):
                is_of_parts = alias.is_of_parts or (x is not value and held_in(alias.object) is not None)
                yield Alias(alias.object, label, both(ways, alias.ways), is_of_parts)

    def _hold(self, holder: Any, flag: Value, held: Alias) -> None:
        if holder is not held.object:
            ways = both(held.ways, (((flag, True),),))
            self._alike.note(holder, held.object, held.label, ways, held.is_of_parts)

    def reached(self, value: Any, spec: Any, label: str, given: Facts) -> list[Alias]:
        """The objects of which what has `spec` may hold the values where it is made of `value` and `given` holds."""
        found = [x for x in self._reached(value, spec, label) if self._alike.may_be(x.ways, given)]
        return [replace(x, ways=ALWAYS) for x in found]

    def hold(self, holder: Any, objects: Sequence[Alias]) -> None:
        """Note the objects of which `holder`, that is None or unbound on some paths, may hold the values."""
        maybe = held_in(holder)
        assert maybe is not None
        for x in objects:
            self._hold(holder, maybe.flag, x)

    def note_alike(self, a: Any, b: Any, label: str, ways: Ways = ALWAYS) -> None:
        """Note that two objects may be one; `label` is what one of them is called. Containers other than lists cannot
        be changed in place from then on."""
        if a is b:
            return
        held = held_in(a), held_in(b)
        for maybe in held:
            if maybe is not None:
                ways = both(ways, (((maybe.flag, True),),))
        if all(maybe is not None or is_changeable(x) for x, maybe in zip((a, b), held, strict=True)):
            self._alike.note(a, b, label, ways)
            return
        for x in (a, b):
            self._merged.note(x, label)

    def note_all_alike(self, a: Any, b: Any, label: str) -> None:
        """Note that objects in one value may be objects in another."""
        for x in filter(is_changeable, changeable_within(a)):
            for y in filter(is_changeable, changeable_within(b)):
                self.merge(x, [y], label)

    def have_in_common(self, a: Any, b: Any) -> bool:
        """Whether an object in one value may be one in the other."""
        others = list(changeable_within(b))
        return any(x is y or self.are_alike(x, y) for x in changeable_within(a) for y in others)

    def are_alike(self, a: Any, b: Any, given: Facts = ()) -> bool:
        """Whether two objects may be one, where the facts `given` hold too."""
        return self._alike.are(a, b, given)

    def check_are_others(self, a: Any, b: Any) -> None:
        """Raises: StagingError where two objects stand for one on some paths, so that the graph would decide whether
        they are one."""
        self.was_asked = True
        pair = (id(a), id(b))
        is_unknown = all(map(self.elements.has, pair)) or any(x in self._fixed for x in pair)
        are_alike = self._alike.are(a, b, as_wholes=True) or self._may_be_one_tuple(a, b)
        if are_alike or (is_unknown and type(a) is type(b)):
            raise StagingError(
                f"whether these two are one {kind_of(a)} is asked here, and they are on some paths that lead here and "
                "not on others: a graph chooses between values, not between objects",
                next_step="keep a number or a bool that says which one it is, and compare that.",
                loc=user_location(),
            )

    def _may_be_one_tuple(self, a: Any, b: Any) -> bool:
        """Whether two tuples, that nothing is noted of, may be one: as far as all that is in them may be."""
        if type(a) is not type(b) or not isinstance(a, tuple):
            return False
        items, others = cast("list[Any]", [*a]), [*b]
        pairs = list(zip(items, others, strict=False))
        found = [self._alike.are(x, y, as_wholes=True) or self._may_be_one_tuple(x, y) for x, y in pairs]
        is_possible = len(items) == len(others) and all(one or x is y for one, (x, y) in zip(found, pairs, strict=True))
        return is_possible and any(found)

    def alike(self, a: Any) -> Sequence[int]:
        """The identities of what else an object may be, on some paths."""
        return [id(alias.object) for alias in self._alike.of(id(a))]

    def is_changed_or_listed(self, a: Any, changed: Container[int]) -> bool:
        """Whether an object is, or may be, one whose identity is in `changed`, or an element of a graph list."""
        return any(x in changed or self.elements.has(x) for x in (id(a), *self.alike(a)))

    def what_may_be(self, a: Any) -> Sequence[Any]:
        """The objects that one may be, on some paths, itself included; for what a block left in one, that."""
        objects = [self._original(a)]
        return [*objects, *(alias.object for x in (a, *objects) for alias in self._alike.of(id(x)))]

    def _original(self, a: Any) -> Any:
        """Of what a block left in an object, that."""
        copied = self._copies.get(id(a))
        original = None if copied is None else of_reference(copied)
        return a if original is None else original

    def are_told(self, a: Any, b: Any, known: Any) -> bool:
        """Whether `known` may be `b` wherever `a` may be, which is another one."""
        objects = (a, self._original(a))
        return all(x is not b and self._alike.are_told(x, b, known) for x in objects)

    def carry(self, passed: Any, initial: Any) -> None:
        """Note what a loop's body is given for a variable: in the first trip it is the object from before the loop."""
        passed, initial = object_of(passed), object_of(initial)
        if (
            isinstance(passed, Tensor | list)
            and not isinstance(passed, StagedNumber)
            and self._is_from_outside(initial)
        ):
            self._carried.note(passed, None)
        items, inner = items_of(passed), items_of(initial)
        for item, other in zip(items, inner, strict=False):
            self.carry(item, other)

    def read(self, maybe: MaybeDefined, value: Any) -> Any:
        """The value of a name that may be unbound, which stands for what the name does."""
        label = self._merged.get(id(maybe))
        if label is not None and isinstance(value, Tensor | list):
            self._merged.note(value, label)
        self._note_parts(maybe, value)
        return value  # pyright: ignore[reportUnknownVariableType]

    def fix(self, value: Any, label: str) -> None:
        """Note a container that a block has taken out of a name which may be unbound: its changes would stay there."""
        for x in changeable_within(value):
            self._fixed.note(x, label)

    def read_optional(self, optional: Any, value: Any) -> Any:
        """The value of what may be None, which stands for what that does; a list in it cannot be changed in place."""
        label = self._merged.get(id(optional))
        self._note_parts(optional, value)
        if value is not optional and is_changeable(value) and not isinstance(value, Tensor):
            for x in changeable_within(value):
                if not isinstance(x, Tensor):
                    self._merged.note(x, f"a {kind_of(x)} that is None on some paths")
        elif isinstance(value, Tensor) and label is not None:
            self._merged.note(value, label)
        return value  # pyright: ignore[reportUnknownVariableType]

    def _note_parts(self, holder: Any, value: Any) -> None:
        """Note what was made of the values that `holder` holds: it may be those objects."""
        for alias in self._alike.of(id(holder)):
            for x in changeable_within(value):
                if x is not alias.object and isinstance(x, Tensor) == isinstance(alias.object, Tensor):
                    self._alike.note(x, alias.object, alias.label, alias.ways, alias.is_of_parts)

    def copy(self, value: Any, original: Any) -> None:
        """Note `value` as what a block left in `original`, which is set back when the block ends."""
        self._copies.note(value, reference_to(original))

    def check(self, cell: Cell) -> list[tuple[Cell, str]]:
        """The same place in other objects, each with a label: a change of this one makes stale what is there.

        Raises: StagingError when it cannot be changed.
        """
        if any(not isinstance(alias.object, Tensor) for alias in self._alike.of(cell.key[1])):
            let_go()  # what nobody refers to any more would be a change that a loop carries
        return without_garbage(lambda: self._check(cell))

    def check_changed(self, owner: int, may_be_element: bool) -> None:
        """Raises: StagingError when the object of this identity, which a block has changed, could not be."""
        without_garbage(lambda: self._check_itself(owner, may_be_element, self.elements.where(owner)))

    def _check_itself(self, owner: int, may_be_element: bool = False, loc: Loc | None = None) -> None:
        if (fixed := self._fixed.get(owner)) is not None:
            raise bound_on_some_paths(fixed)
        if not may_be_element and self.elements.has(owner):
            raise refused_in_list(self.elements.of(owner), loc)
        if (merged := self._merged.get(owner)) is not None:
            raise refused(merged)

    def _check(self, cell: Cell) -> list[tuple[Cell, str]]:
        owner = cell.key[1]
        self._check_itself(owner)
        stale: list[tuple[Cell, str]] = []
        for alias in self._alike.of(owner):
            other = alias.object
            if is_stale(other) or not self._is_known(other) or not self._alike.may_be(alias.ways):
                continue
            place = None if self._is_from_outside(other) and not self._is_followed(other) else same_place(cell, other)
            if place is None or isinstance(place.load(), Undefined):
                raise refused(alias.label)
            stale.append((place, alias.label))
        return stale
