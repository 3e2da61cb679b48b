"""Names for one object or another: what a value is after paths that leave different objects in one place.

Eager code that changes such an object in place changes what the other names of the object say, on some paths only. The
graph merges values, not objects, so such a change is refused. A graph list holds values too: what is put into it and
what is taken out of it cannot be changed in place either.
"""

import gc
import weakref
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from dy2static.errors import StagingError
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.objects.aliases import ALWAYS, Alias, Aliases, Ways, both
from dy2static.staging.objects.by_identity import ByIdentity, let_go
from dy2static.staging.objects.instances import children, is_made
from dy2static.staging.objects.made import parts_of
from dy2static.staging.objects.stale import is_stale, refused
from dy2static.staging.regions.facts import Facts
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import MaybeNone, maybe_none
from dy2static.staging.values.staged import StagedNumber
from eager.tensor import Tensor
from graph.ir.value import Value
from graph.location import Loc

T = TypeVar("T")
CHANGED_IN_PLACE: Final = (Tensor, StageableList)


class Sharing:
    """Which objects are merged from others, in one staging."""

    def __init__(
        self,
        is_from_outside: Callable[[Any], bool],
        is_known: Callable[[Any], bool],
        is_followed: Callable[[Any], bool],
        may_be: Callable[[Facts], bool],
    ) -> None:
        """`is_followed` says whether the graph knows where an object from outside is (see `roster`)."""
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
        self._stored = ByIdentity[Loc]()
        """Objects that were put into a graph list, each with where."""
        self._taken = ByIdentity[None]()
        """Objects that stand for elements of a graph list."""
        self._copies = ByIdentity[weakref.ref[Any]]()
        """Values of objects as a block left them, each with the object."""
        self._updated = ByIdentity[Loc]()
        """The lists of which the loop body that is being staged has changed an element in place, each with where."""
        self._late = ByIdentity[Loc]()
        """Objects that were put into such a list afterwards, each with the place."""
        self.was_asked = False
        """Whether code was staged that asks if two objects are one."""
        self._has_twins = False
        """Whether one object may be in graph lists more than once."""

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
        items = _items(merged)
        inner = [(_items(x), way) for x, way in zip(objects, ways, strict=True)]
        inner = [(parts, way) for parts, way in inner if len(parts) == len(items)]
        for i, item in enumerate(items):
            self.merge(item, [parts[i] for parts, _ in inner], label, [way for _, way in inner])

    def _merge_object(self, merged: Any, objects: Sequence[Any], label: str, ways: Sequence[Ways]) -> None:
        if any(self._is_from_outside(x) and not self._is_followed(x) for x in objects):
            self._merged.note(merged, label)
        if any(map(self._is_element, map(id, objects))):
            self._stored.note(merged, user_location())
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
        objects = list(_changeable(value, themselves))
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

    def _is_element(self, identity: int) -> bool:
        return identity in self._stored or identity in self._taken

    def _of_elements(self, identity: int) -> Any:
        return next((x for x, _ in (*self._taken.items(), *self._stored.items()) if id(x) == identity), None)

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
        for x in filter(is_changeable, _changeable(a)):
            for y in filter(is_changeable, _changeable(b)):
                self.merge(x, [y], label)

    def have_in_common(self, a: Any, b: Any) -> bool:
        """Whether an object in one value may be one in the other."""
        others = list(_changeable(b))
        return any(x is y or self.are_alike(x, y) for x in _changeable(a) for y in others)

    def are_alike(self, a: Any, b: Any, given: Facts = ()) -> bool:
        """Whether two objects may be one, where the facts `given` hold too."""
        return self._alike.are(a, b, given)

    def check_are_others(self, a: Any, b: Any) -> None:
        """Raises: StagingError where two objects stand for one on some paths, so that the graph would decide whether
        they are one."""
        self.was_asked = True
        pair = (id(a), id(b))
        is_unknown = all(map(self._is_element, pair)) or any(x in self._fixed for x in pair)
        are_alike = self._alike.are(a, b, as_wholes=True) or self._may_be_one_tuple(a, b)
        if are_alike or (is_unknown and type(a) is type(b)):
            raise StagingError(
                f"whether these two are one {_name_of(a)} is asked here, and they are on some paths that lead here and "
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
        return any(x in changed or self._is_element(x) for x in (id(a), *self.alike(a)))

    def what_may_be(self, a: Any) -> Sequence[Any]:
        """The objects that one may be, on some paths, itself included; for what a block left in one, that."""
        objects = [self._original(a)]
        return [*objects, *(alias.object for x in (a, *objects) for alias in self._alike.of(id(x)))]

    def _original(self, a: Any) -> Any:
        """Of what a block left in an object, that."""
        copied = self._copies.get(id(a))
        original = None if copied is None else copied()
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
        items, inner = _items(passed), _items(initial)
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
        for x in _changeable(value):
            self._fixed.note(x, label)

    def read_optional(self, optional: Any, value: Any) -> Any:
        """The value of what may be None, which stands for what that does; a list in it cannot be changed in place."""
        label = self._merged.get(id(optional))
        self._note_parts(optional, value)
        if value is not optional and is_changeable(value) and not isinstance(value, Tensor):
            for x in _changeable(value):
                if not isinstance(x, Tensor):
                    self._merged.note(x, f"a {_name_of(x)} that is None on some paths")
        elif isinstance(value, Tensor) and label is not None:
            self._merged.note(value, label)
        return value  # pyright: ignore[reportUnknownVariableType]

    def _note_parts(self, holder: Any, value: Any) -> None:
        """Note what was made of the values that `holder` holds: it may be those objects."""
        for alias in self._alike.of(id(holder)):
            for x in _changeable(value):
                if x is not alias.object and isinstance(x, Tensor) == isinstance(alias.object, Tensor):
                    self._alike.note(x, alias.object, alias.label, alias.ways, alias.is_of_parts)

    def copy(self, value: Any, original: Any) -> None:
        """Note `value` as what a block left in `original`, which is set back when the block ends."""
        self._copies.note(value, weakref.ref(original))

    def store(self, items: Any, item: Any, changed: Callable[[Any], bool]) -> None:
        """Note what is put into the graph list `items`; `changed` says whether the trip of a loop has changed an object
        already.

        Raises: StagingError when the object changes from trip to trip, so that all elements would be one object.
        """
        is_late = id(items) in self._updated
        for x in _objects(item):
            copied = self._copies.get(id(x))
            for thing in (x, None if copied is None else copied()):
                if thing is None:
                    continue
                if changed(thing):
                    raise _refused_in_list(put_at=user_location())
                others = [alias.object for alias in self._alike.of(id(thing))]
                for one in (thing, *others):  # on some paths it is the other that is stored
                    self._has_twins |= self._is_element(id(one))
                    self._stored.note(one, user_location())
                    if is_late:
                        self._late.note(one, user_location())

    @contextmanager
    def trip(self) -> Generator[None]:
        """The body of a loop, up to where what it leaves is known.

        Raises: StagingError where it changes an element of a list in place, before it puts something into the list
        that has another name: further trips may change that.
        """
        updated, late = self._updated, self._late
        self._updated, self._late = ByIdentity[Loc](), ByIdentity[Loc]()
        try:
            yield
            _without_garbage(self._check_late)
        finally:
            for items, loc in self._updated.items():
                updated.note(items, loc)
            self._updated, self._late = updated, late

    def _check_late(self) -> None:
        emptied = [(items, loc) for items, loc in self._updated.items() if items.staged is None]
        filled_anew = [(x, loc) for items, loc in emptied for x in _objects(items) if x is not items]
        for x, loc in (*self._late.items(), *filled_anew):
            if self._is_known(x) and not is_stale(x):
                raise _refused_in_list(put_at=loc)

    def take(self, item: Any) -> Any:
        """Note what stands for an element of a graph list."""
        for x in _objects(item):
            self._taken.note(x, None)
        return item

    def take_over(self, made: Any, left: Any) -> None:
        """Note what stands for elements of a graph list in `made`: what a block has left as `left`, behind it."""
        for x, y in zip(_changeable(made), _changeable(left), strict=False):
            if self._is_element(id(y)):
                self._taken.note(x, None)

    def share_elements(self) -> None:
        """Note that two graph lists have elements in common."""
        self._has_twins = True

    def update_element(self, items: Any, item: Any) -> list[tuple[Tensor, str]]:
        """An element of the graph list `items` is to be changed in place and put back where it was; gives the tensors
        that this makes stale, each with a label.

        Raises: StagingError when it may have another name that the change cannot be told.
        """
        objects = _objects(item)
        if objects:
            self._updated.note(items, user_location())
        for x in objects:
            self._taken.forget(id(x))
        return _without_garbage(self._check_elements) if objects else []

    def _check_elements(self) -> list[tuple[Tensor, str]]:
        others = [x for x, _ in self._taken.items() if self._is_known(x) and not is_stale(x)]
        if self._has_twins or self._stored or not all(isinstance(x, Tensor) for x in others):
            raise _refused_in_list()
        return [(x, "an element that was taken out of a list before") for x in others]

    def check(self, owner: int) -> list[tuple[Tensor, str]]:
        """The tensors that a change in place of the object of this identity makes stale, each with a label.

        Raises: StagingError when it cannot be changed in place.
        """
        return _without_garbage(lambda: self._check(owner))

    def check_changed(self, owner: int, may_be_element: bool) -> None:
        """Raises: StagingError when the object of this identity, which a block has changed, could not be."""
        _without_garbage(lambda: self._check_itself(owner, may_be_element, self._stored.get(owner)))

    def _check_itself(self, owner: int, may_be_element: bool = False, loc: Loc | None = None) -> None:
        if (fixed := self._fixed.get(owner)) is not None:
            raise _bound_on_some_paths(fixed)
        if not may_be_element and self._is_element(owner):
            raise _refused_in_list(self._of_elements(owner), loc)
        if (merged := self._merged.get(owner)) is not None:
            raise _of_choice(refused(merged))

    def _check(self, owner: int) -> list[tuple[Tensor, str]]:
        self._check_itself(owner)
        stale: list[tuple[Tensor, str]] = []
        for alias in self._alike.of(owner):
            other = alias.object
            if is_stale(other) or not self._is_known(other) or not self._alike.may_be(alias.ways):
                continue
            if not isinstance(other, Tensor) or (self._is_from_outside(other) and not self._is_followed(other)):
                raise _of_choice(refused(alias.label))
            stale.append((other, alias.label))
        return stale


def _without_garbage(check: Callable[[], T]) -> T:
    """What `check` gives. Where it refuses, once more without the objects that only garbage refers to, such as the
    frames of an exception: whether they are there yet must not matter."""
    try:
        return check()
    except StagingError:
        gc.collect()
        let_go()
    return check()


def object_of(value: Any) -> Any:
    """The object that a name stands for, bound on all paths or on some."""
    return value.handle if isinstance(value, MaybeDefined) and value.handle is not None else value


def held_in(value: Any) -> MaybeDefined | MaybeNone | None:
    """What is known of a value that is None, or unbound, on some paths."""
    return value if isinstance(value, MaybeDefined) else maybe_none(value)


def is_changeable(value: Any) -> bool:
    """Whether a value is an object whose changes in place are noted, and that can be told from another: a tensor, a
    list, a dict or an object with attributes."""
    if isinstance(value, CHANGED_IN_PLACE):
        return not isinstance(value, StagedNumber)
    can_be_told = type(value).__weakrefoffset__ != 0 or isinstance(value, list | dict) or is_made(value)
    return can_be_told and children(value) is not None


def _name_of(value: Any) -> str:
    return "tensor" if isinstance(value, Tensor) else cast("type[Any]", type(value)).__name__


def _items(value: Any) -> list[Any]:
    if isinstance(value, MaybeDefined):
        return [] if value.handle is None else [value.handle]
    if isinstance(value, StageableList) and value.staged is not None:
        return []
    split = children(value)
    return [] if split is None else split[1]


def _objects(value: Any) -> list[Any]:
    """The objects in a value that could change."""
    found: list[Any] = [x for item in _items(value) for x in _objects(item)]
    if is_changeable(value):
        found.append(value)
    return found


def _changeable(value: Any, but_for: Container[int] = ()) -> Iterator[Any]:
    """The containers in a value that can change, and its tensors; nothing of the objects of identities `but_for`."""
    if id(value) in but_for:
        return
    if isinstance(value, Tensor | list | dict) or is_changeable(value):
        yield value
    for item in _items(value):
        yield from _changeable(item, but_for)


def own_handle(value: Any) -> Any:
    """A handle of its own for the value of a tensor or list, which the frames of its changes do not keep alive."""
    if isinstance(value, StageableList):
        return value.twin()
    return value._alias(value._link) if isinstance(value, Tensor) else value  # pyright: ignore[reportPrivateUsage]


def _bound_on_some_paths(label: str) -> StagingError:
    return StagingError(
        f"{label} is changed in place in this block, and on some paths that lead here it is unbound",
        next_step=f"bind {label} on all paths before, to an empty list for one, or change it outside of the block.",
        loc=user_location(),
    )


def _refused_in_list(element: Any = None, put_at: Loc | None = None) -> StagingError:
    """The error for an element that is changed in place here, or in a loop that puts it into the list at `put_at`."""
    way_out = "write the change as a new value, such as `x = x + v` for `x += v`, or put a copy into the list."
    if isinstance(element, list):
        way_out = "keep a table of numbers in a tensor (`table[i, j] = v`), or store a new list: `rows[i] = [...]`."
    elif element is not None and not isinstance(element, Tensor):
        way_out = f"store a new {_name_of(element)} in the list, with the change in it."
    what = "is changed in place here, and it is in"
    if put_at is not None:
        what = "changes in place in this loop, and is put into"
    refusal = StagingError(
        f"a tensor or list {what} a list that changes under control flow of the graph: the list holds its value and "
        "would not see the change",
        next_step=way_out,
        loc=put_at or user_location(),
    )
    return refusal if put_at is not None else _of_choice(refusal)


def _of_choice(refusal: StagingError) -> StagingError:
    """An error of a change that staging could follow if it had the object itself, where the graph chooses it."""
    refusal.is_of_choice = True
    return refusal
