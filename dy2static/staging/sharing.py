"""Names for one object or another: what a value is after paths that leave different objects in one place.

Eager code that changes such an object in place changes what the other names of the object say, on some paths only. The
graph merges values, not objects, so such a change is refused. A graph list holds values too: what is put into it and
what is taken out of it cannot be changed in place either.
"""

import gc
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from dy2static.errors import StagingError
from dy2static.staging.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.maybe import MaybeDefined
from dy2static.staging.staged import StagedNumber
from dy2static.staging.stale import is_stale, refused
from eager.pytree import children, is_container
from eager.tensor import Tensor

T = TypeVar("T")
Reference = Callable[[], Any]
"""Gives an object as long as it is there, then None."""


class Sharing:
    """Which objects are merged from others, in one staging."""

    def __init__(
        self, is_from_outside: Callable[[Any], bool], outside: dict[int, Any], is_known: Callable[[Any], bool]
    ) -> None:
        self._outside = outside
        """Objects that others than the staged code may hold, by identity."""
        self._is_from_outside = is_from_outside
        self._merged: dict[int, tuple[Any, str]] = {}
        self._is_known = is_known
        self._alike: dict[int, _Likeness] = {}
        """What else an object may be, by identity."""
        self._fixed: dict[int, tuple[Any, str]] = {}
        """Objects that cannot be changed in place in the block that has them, by identity."""
        self._stored: dict[int, Reference] = {}
        """Objects that were put into a graph list, by identity."""
        self._taken: dict[int, Reference] = {}
        """Objects that stand for elements of a graph list."""
        self._copies: dict[int, tuple[weakref.ref[Any], weakref.ref[Any]]] = {}
        """Values of objects as a block left them, each with the object."""
        self._has_twins = False
        """Whether one object may be in graph lists more than once."""

    def is_merged(self, value: Any) -> bool:
        """Whether a value may be one of the caller's objects, on some paths."""
        return id(value) in self._merged

    def merge(self, merged: Any, objects: Sequence[Any], label: str) -> None:
        """Note that `merged` stands for one of `objects`, and which one is known only when the graph runs."""
        merged, objects = object_of(merged), [object_of(x) for x in objects]
        if isinstance(merged, StagedNumber) or any(merged is x for x in objects):
            return
        if is_changeable(merged):
            self._merge_object(merged, objects, label)
            if isinstance(merged, Tensor):
                return
        if isinstance(merged, MaybeDefined):
            if any(self._is_from_outside(x) for x in objects):
                self._merged[id(merged)] = (merged, label)
            return
        self._merge_items(merged, objects, label)

    def merge_items(self, merged: Any, before: Any, label: str) -> None:
        """Note that the items of `merged` may be those of `before`, which are one container."""
        self._merge_items(object_of(merged), [object_of(before)], label)

    def _merge_items(self, merged: Any, objects: Sequence[Any], label: str) -> None:
        items = _items(merged)
        inner = [parts for parts in map(_items, objects) if len(parts) == len(items)]
        for i, item in enumerate(items):
            self.merge(item, [parts[i] for parts in inner], label)

    def _merge_object(self, merged: Any, objects: Sequence[Any], label: str) -> None:
        if any(map(self._is_from_outside, objects)):
            self._merged[id(merged)] = (merged, label)
        if any(_is_alive(self._stored, id(x)) or _is_alive(self._taken, id(x)) for x in objects):
            self._stored[id(merged)] = _reference(merged)
        for x in objects:
            if is_changeable(x):
                for other in (x, *self._others(x)):
                    self.note_alike(merged, other, label)

    def note_alike(self, a: Any, b: Any, label: str) -> None:
        """Note that two objects may be one; `label` is what one of them is called. Containers other than lists cannot
        be changed in place from then on."""
        if a is b:
            return
        if not is_changeable(a) or not is_changeable(b):
            for x in (a, b):
                self._merged[id(x)] = (x, label)
            return
        for x, other in ((a, b), (b, a)):
            known = self._alike.get(id(x))
            if known is None or known.of() is not x:
                known = self._alike[id(x)] = _Likeness(weakref.ref(x))
            known.note(other, label)

    def note_all_alike(self, a: Any, b: Any, label: str) -> None:
        """Note that objects in one value may be objects in another."""
        for x in filter(is_changeable, _changeable(a)):
            for y in filter(is_changeable, _changeable(b)):
                self.merge(x, [y], label)

    def have_in_common(self, a: Any, b: Any) -> bool:
        """Whether an object in one value may be one in the other."""
        others = list(_changeable(b))
        return any(x is y or self.are_alike(x, y) for x in _changeable(a) for y in others)

    def _others(self, x: Any) -> list[Any]:
        """What else an object may be."""
        known = self._alike.get(id(x))
        if known is None or known.of() is not x:
            return []
        return [other for other, _ in known.alive()]

    def are_alike(self, a: Any, b: Any) -> bool:
        """Whether two objects may be one."""
        known = self._alike.get(id(a))
        return known is not None and known.of() is a and known.has(b)

    def alike(self, a: Any) -> Iterator[int]:
        """The identities of what an object may be; some may be gone."""
        known = self._alike.get(id(a))
        return iter(()) if known is None or known.of() is not a else iter(known.others)

    def carry(self, passed: Any, initial: Any) -> None:
        """Note what a loop's body is given for a variable: in the first trip it is the object from before the loop."""
        passed, initial = object_of(passed), object_of(initial)
        if (
            isinstance(passed, Tensor | list)
            and not isinstance(passed, StagedNumber)
            and self._is_from_outside(initial)
        ):
            self._outside[id(passed)] = passed  # pyright: ignore[reportUnknownArgumentType]
        items, inner = _items(passed), _items(initial)
        for item, other in zip(items, inner, strict=False):
            self.carry(item, other)

    def read(self, maybe: MaybeDefined, value: Any) -> Any:
        """The value of a name that may be unbound, which stands for what the name does."""
        if id(maybe) in self._merged and isinstance(value, Tensor | list):
            self._merged[id(value)] = (value, self._merged[id(maybe)][1])  # pyright: ignore[reportUnknownArgumentType]
        return value  # pyright: ignore[reportUnknownVariableType]

    def fix(self, value: Any, label: str) -> None:
        """Note a container that a block has taken out of a name which may be unbound: its changes would stay there."""
        for x in _changeable(value):
            self._fixed[id(x)] = (x, label)

    def read_optional(self, optional: Any, value: Any) -> Any:
        """The value of what may be None, which stands for what that does; a list in it cannot be changed in place."""
        if isinstance(value, list) and value is not optional:
            self._merged[id(value)] = (value, "a list that is None on some paths")  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, Tensor) and id(optional) in self._merged:
            self._merged[id(value)] = (value, self._merged[id(optional)][1])
        return value  # pyright: ignore[reportUnknownVariableType]

    def copy(self, value: Any, original: Any) -> None:
        """Note `value` as what a block left in `original`, which is set back when the block ends."""
        self._copies[id(value)] = (weakref.ref(value), weakref.ref(original))

    def store(self, item: Any, changed: Callable[[Any], bool]) -> None:
        """Note what is put into a graph list; `changed` says whether the trip of a loop has changed an object already.

        Raises: StagingError when the object changes from trip to trip, so that all elements would be one object.
        """
        for x in _objects(item):
            copied = self._copies.get(id(x))
            original = copied[1]() if copied is not None and copied[0]() is x else None
            for thing in (x, original):
                if thing is None:
                    continue
                if changed(thing):
                    raise _refused_in_list()
                self._has_twins |= _is_alive(self._stored, id(thing)) or _is_alive(self._taken, id(thing))
                self._stored[id(thing)] = _reference(thing)

    def take(self, item: Any) -> Any:
        """Note what stands for an element of a graph list."""
        for x in _objects(item):
            self._taken[id(x)] = weakref.ref(x)
        return item

    def share_elements(self) -> None:
        """Note that two graph lists have elements in common."""
        self._has_twins = True

    def update_element(self, item: Any) -> Any:
        """An element of a graph list that is changed in place and put back where it was.

        Raises: StagingError when it may have another name.
        """
        objects = _objects(item)
        if objects:
            _without_garbage(self._check_elements)
        for x in objects:
            self._taken.pop(id(x), None)
        return item

    def _check_elements(self) -> None:
        if self._has_twins or any(ref() is not None for ref in self._stored.values()):
            raise _refused_in_list()

    def check(self, owner: int) -> list[tuple[Tensor, str]]:
        """The tensors that a change in place of the object of this identity makes stale, each with a label.

        Raises: StagingError when it cannot be changed in place.
        """
        return _without_garbage(lambda: self._check(owner))

    def _check(self, owner: int) -> list[tuple[Tensor, str]]:
        if owner in self._fixed:
            raise _bound_on_some_paths(self._fixed[owner][1])
        if _is_alive(self._stored, owner) or _is_alive(self._taken, owner):
            raise _refused_in_list()
        if owner in self._merged:
            raise refused(self._merged[owner][1])
        known = self._alike.get(owner)
        if known is None or known.of() is None:
            return []
        stale: list[tuple[Tensor, str]] = []
        for other, label in known.alive():
            if is_stale(other) or not self._is_known(other):
                continue
            if not isinstance(other, Tensor) or self._is_from_outside(other):
                raise refused(label)
            stale.append((other, label))
        return stale


def _without_garbage(check: Callable[[], T]) -> T:
    """What `check` gives. Where it refuses, once more without the objects that only garbage refers to, such as the
    frames of an exception: whether they are there yet must not matter."""
    try:
        return check()
    except StagingError:
        gc.collect()
    return check()


@dataclass(slots=True)
class _Likeness:
    """What else an object may be, each with a label."""

    of: weakref.ref[Any]
    others: dict[int, tuple[weakref.ref[Any], str]] = field(default_factory=dict[int, tuple[weakref.ref[Any], str]])
    """By identity, the latest last. Some may be gone."""
    most: int = 16
    """How many there may be before those that are gone are dropped."""

    def note(self, other: Any, label: str) -> None:
        """Add one, or give it another label."""
        self.others.pop(id(other), None)
        self.others[id(other)] = (weakref.ref(other), label)
        if len(self.others) > self.most:
            self.others = {key: held for key, held in self.others.items() if held[0]() is not None}
            self.most = 2 * len(self.others) + 16

    def has(self, other: Any) -> bool:
        """Whether an object is among them."""
        held = self.others.get(id(other))
        return held is not None and held[0]() is other

    def alive(self) -> list[tuple[Any, str]]:
        """Those that are there, with their labels."""
        return [(other, label) for ref, label in self.others.values() if (other := ref()) is not None]


def object_of(value: Any) -> Any:
    """The object that a name stands for, bound on all paths or on some."""
    return value.handle if isinstance(value, MaybeDefined) and value.handle is not None else value


def is_changeable(value: Any) -> bool:
    """Whether a value is an object whose changes in place are noted, and that can be told from another: a tensor, a
    list or an object with attributes. A dict cannot be referred to weakly."""
    if isinstance(value, Tensor | StageableList):
        return not isinstance(value, StagedNumber)
    return type(value).__weakrefoffset__ != 0 and is_container(value)


def _items(value: Any) -> list[Any]:
    if isinstance(value, StageableList) and value.staged is not None:
        return []
    split = children(value)
    return [] if split is None else split[1]


def _objects(value: Any) -> list[Any]:
    """The objects in a value that could change."""
    found: list[Any] = [x for item in _items(value) for x in _objects(item)]
    is_object = isinstance(value, Tensor | list) and not isinstance(value, StagedNumber)
    if is_object and type(cast(Any, value)) is not list:
        found.append(value)
    return found


def _changeable(value: Any) -> Iterator[Any]:
    """The containers in a value, and its tensors."""
    if isinstance(value, Tensor | list | dict):
        yield value
    for item in _items(value):
        yield from _changeable(item)


def own_handle(value: Any) -> Any:
    """A handle of its own for the value of a tensor or list, which the frames of its changes do not keep alive."""
    if isinstance(value, StageableList):
        return value.twin()
    return value._alias(value._link) if isinstance(value, Tensor) else value  # pyright: ignore[reportPrivateUsage]


def _reference(value: Any) -> Reference:
    """One that does not keep an object alive, where Python has such: a plain list has none."""
    if type(value) is list:
        return lambda: value  # pyright: ignore[reportUnknownLambdaType]
    return weakref.ref(value)


def _is_alive(refs: dict[int, Reference], identity: int) -> bool:
    ref = refs.get(identity)
    return ref is not None and ref() is not None


def _bound_on_some_paths(label: str) -> StagingError:
    return StagingError(
        f"{label} is changed in place in this block, and on some paths that lead here it is unbound",
        next_step=f"bind {label} on all paths before, to an empty list for one, or change it outside of the block.",
        loc=user_location(),
    )


def _refused_in_list() -> StagingError:
    return StagingError(
        "a tensor or list is changed in place here, and it is in a list that changes under control flow of the graph: "
        "the list holds its value and would not see the change",
        next_step="write the change as a new value, such as `x = x + v` for `x += v`, or put a copy into the list.",
        loc=user_location(),
    )
