"""Names for one object or another: what a value is after paths that leave different objects in one place.

Eager code that changes such an object in place changes what the other names of the object say, on some paths only. The
graph merges values, not objects, so such a change is refused. A graph list holds values too: what is put into it and
what is taken out of it cannot be changed in place either.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.staging.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.maybe import MaybeDefined
from dy2static.staging.staged import StagedNumber
from eager.pytree import children
from eager.tensor import Tensor


class Sharing:
    """Which objects are merged from others, in one staging."""

    def __init__(self, is_from_outside: Callable[[Any], bool], outside: dict[int, Any]) -> None:
        self._outside = outside
        """Objects that others than the staged code may hold, by identity."""
        self._is_from_outside = is_from_outside
        self._merged: dict[int, tuple[Any, str]] = {}
        self._originals: dict[int, tuple[Any, list[weakref.ref[Any]], str]] = {}
        self._stored: dict[int, weakref.ref[Any]] = {}
        """Objects that were put into a graph list, by identity."""
        self._taken: dict[int, weakref.ref[Any]] = {}
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
        if isinstance(merged, StagedNumber) or any(merged is x for x in objects):
            return
        if isinstance(merged, Tensor | list):
            self._merge_object(merged, objects, label)
            if isinstance(merged, Tensor):
                return
        if isinstance(merged, MaybeDefined):
            if any(self._is_from_outside(x) for x in objects):
                self._merged[id(merged)] = (merged, label)
            return
        items = _items(merged)
        inner = [parts for parts in map(_items, objects) if len(parts) == len(items)]
        for i, item in enumerate(items):
            self.merge(item, [parts[i] for parts in inner], label)

    def _merge_object(self, merged: Any, objects: Sequence[Any], label: str) -> None:
        if any(map(self._is_from_outside, objects)):
            self._merged[id(merged)] = (merged, label)
        if any(_is_alive(self._stored, id(x)) or _is_alive(self._taken, id(x)) for x in objects):
            self._stored[id(merged)] = weakref.ref(merged)
        for x in objects:
            if isinstance(x, Tensor | list) and not isinstance(x, StagedNumber):
                self._originals.setdefault(id(x), (x, [], label))[1].append(weakref.ref(merged))  # pyright: ignore[reportUnknownArgumentType]

    def carry(self, passed: Any, initial: Any) -> None:
        """Note what a loop's body is given for a variable: in the first trip it is the object from before the loop."""
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
                self._stored[id(thing)] = weakref.ref(thing)

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
        if objects and (self._has_twins or any(ref() is not None for ref in self._stored.values())):
            raise _refused_in_list()
        for x in objects:
            self._taken.pop(id(x), None)
        return item

    def check(self, owner: int) -> None:
        """Raises StagingError when the object of this identity cannot be changed in place."""
        if _is_alive(self._stored, owner) or _is_alive(self._taken, owner):
            raise _refused_in_list()
        if owner in self._merged:
            raise refused(self._merged[owner][1])
        if owner in self._originals:
            _, merged, label = self._originals[owner]
            if any(ref() is not None for ref in merged):
                raise refused(label)


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


def own_handle(value: Any) -> Any:
    """A handle of its own for the value of a tensor or list, which the frames of its changes do not keep alive."""
    if isinstance(value, StageableList):
        return value.twin()
    return value._alias(value._link) if isinstance(value, Tensor) else value  # pyright: ignore[reportPrivateUsage]


def _is_alive(refs: dict[int, weakref.ref[Any]], identity: int) -> bool:
    ref = refs.get(identity)
    return ref is not None and ref() is not None


def _refused_in_list() -> StagingError:
    return StagingError(
        "a tensor or list is changed in place here, and it is in a list that changes under control flow of the graph: "
        "the list holds its value and would not see the change",
        next_step="write the change as a new value, such as `x = x + v` for `x += v`, or put a copy into the list.",
        loc=user_location(),
    )


def refused(label: str) -> StagingError:
    """The error for a change in place of what a name stands for on some paths only."""
    return StagingError(
        f"a tensor or list is changed in place here, and {label} is that object on some paths that lead here and "
        "another on others: what the change is seen by would differ from run to run",
        next_step="write the change as a new value, such as `x = x + v` for `x += v`, or copy it first.",
        loc=user_location(),
    )
