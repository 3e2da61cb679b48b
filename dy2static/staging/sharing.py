"""Names for one object or another: what a value is after paths that leave different objects in one place.

Eager code that changes such an object in place changes what the other names of the object say, on some paths only. The
graph merges values, not objects, so such a change is refused.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

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

    def check(self, owner: int) -> None:
        """Raises StagingError when the object of this identity cannot be changed in place."""
        if owner in self._merged:
            raise _refused(self._merged[owner][1])
        if owner in self._originals:
            _, merged, label = self._originals[owner]
            if any(ref() is not None for ref in merged):
                raise _refused(label)


def _items(value: Any) -> list[Any]:
    if isinstance(value, StageableList) and value.staged is not None:
        return []
    split = children(value)
    return [] if split is None else split[1]


def _refused(label: str) -> StagingError:
    return StagingError(
        f"a tensor or list is changed in place here, and {label} is that object on some paths that lead here and "
        "another on others: what the change is seen by would differ from run to run",
        next_step="write the change as a new value, such as `x = x + v` for `x += v`, or copy it first.",
        loc=user_location(),
    )
