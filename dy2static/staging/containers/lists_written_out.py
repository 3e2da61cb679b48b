"""What lists and ranges do with values of the graph, where it takes a loop or a decision: written in Python, and
converted like a user's function."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from types import CodeType
from typing import Any, Final, cast

from dy2static.staging.values.staged import current
from eager.creation import astype, zeros
from eager.manipulation import stack
from eager.recorder import converts
from eager.tensor import Tensor

OF_TUPLES: Final[Any] = cast(Any, tuple).__eq__
OF_DICTS: Final[Any] = cast(Any, dict).__eq__


def is_equal(a: Any, b: Any) -> Any:
    """What containers go by. A graph list holds values: identity tells nothing of its items."""
    return True if a is b else equal(a, b)


def equal(a: Any, b: Any) -> Any:
    """`a == b`; of what is equal where its parts are, with values of the graph among them, as Python compares it."""
    stager = current()
    one, other = parts_of(a), parts_of(b)
    if stager is None or one is None or other is None or one[0] is not other[0]:
        return a == b
    return stager.call(are_equal_dicts if one[0] is dict else are_equal, (one[1], other[1]), {})


def parts_of(value: Any) -> tuple[type, Any] | None:
    """What decides on the equality of a tuple, named tuple, dict or instance of a dataclass, with the class of what it
    is equal to where the parts are. None of all others."""
    cls = cast("type[Any]", type(value))
    equality: Any = cls.__eq__
    if equality is OF_TUPLES:
        return tuple, tuple(value)
    if equality is OF_DICTS:
        return dict, value
    code: CodeType | None = getattr(equality, "__code__", None)
    if is_dataclass(value) and code is not None and code.co_qualname.startswith("__create_fn__"):
        return cls, tuple(getattr(value, field.name) for field in fields(value) if field.compare)
    return None


@converts
def is_given_by(items: Any, item: Any) -> Any:
    """`item in items`, of an iterator: it is asked up to the one that is equal."""
    return any(is_equal(x, item) for x in items)


@converts
def place_of(items: Any, item: Any, start: Any, stop: Any) -> Any:
    """`items.index(item, start, stop)`; -1 where it is not there."""
    count = len(items)
    first = max(start + count, 0) if start < 0 else start
    last = stop + count if stop < 0 else min(stop, count)
    for i in range(first, last):
        if is_equal(items[i], item):
            return i
    return -1


@converts
def index_of(items: Any, item: Any, start: Any, stop: Any) -> Any:
    """`items.index(item, start, stop)`."""
    place = place_of(items, item, start, stop)
    if place < 0:
        raise ValueError(f"{item!r} is not in list")
    return place


@converts
def remove_from(items: Any, item: Any) -> None:
    """`items.remove(item)`."""
    place = place_of(items, item, 0, len(items))
    if place < 0:
        raise ValueError("list.remove(x): x not in list")
    items.pop(place)


@converts
def count_in(items: Any, item: Any) -> Any:
    """`items.count(item)`."""
    found = 0
    for other in items:
        if is_equal(other, item):
            found += 1
    return found


@converts
def is_in(items: Any, item: Any) -> Any:
    """`item in items`."""
    return place_of(items, item, 0, len(items)) >= 0


@converts
def place_of_difference(a: Any, b: Any) -> Any:
    """The first place with other items in two lists; -1 where there is none, as far as the shorter one goes."""
    for i in range(min(len(a), len(b))):
        if not is_equal(a[i], b[i]):
            return i
    return -1


@converts
def are_equal(a: Any, b: Any) -> Any:
    """`a == b` of lists."""
    return len(a) == len(b) and place_of_difference(a, b) < 0


@converts
def are_equal_dicts(a: Any, b: Any) -> Any:
    """`a == b` of dicts."""
    return a.keys() == b.keys() and place_of_difference([a[key] for key in a], [b[key] for key in a]) < 0


@converts
def differ(a: Any, b: Any) -> Any:
    """`a != b` of lists."""
    return not are_equal(a, b)


@converts
def are_in_order(a: Any, b: Any, compare: Callable[[Any, Any], Any]) -> Any:
    """`compare(a, b)` of lists, by the first items that differ, or else by their lengths."""
    place = place_of_difference(a, b)
    return compare(len(a), len(b)) if place < 0 else bool(compare(a[place], b[place]))


@converts
def item_of_range(over: Any, index: Any) -> Any:
    """`over[index]` of a `range`."""
    place = index + len(over) if index < 0 else index
    if place < 0 or place >= len(over):
        raise IndexError("range object index out of range")
    return over.start + place * over.step


@converts
def is_in_range(over: Any, item: Any) -> Any:
    """`item in over` of a `range`."""
    place = (item - over.start) // over.step
    return 0 <= place < len(over) and over.start + place * over.step == item


@converts
def as_tensor(items: Any, dtype: Any) -> Tensor:
    """A list of numbers, or of tensors of one element, as a tensor."""
    if len(items) == 0:
        return zeros((0,), dtype=dtype)
    return astype(stack(items), dtype)


@converts
def repeated(items: Any, times: Any) -> Any:
    """`items * times`."""
    made: list[Any] = []
    for _ in range(times):
        made.extend(items)
    return made


@converts
def with_slice(items: Any, start: Any, stop: Any, new: Any) -> Any:
    """The items of a list after `items[start:stop] = new`."""
    count = len(items)
    first = 0 if start is None else max(start + count, 0) if start < 0 else min(start, count)
    last = count if stop is None else max(stop + count, 0) if stop < 0 else min(stop, count)
    made = items[:first]
    made.extend(new)
    made.extend(items[max(first, last) :])
    return made


@converts
def append_each(made: Any, items: Any) -> None:
    """Append the items of a list to one whose elements may be more."""
    for item in items:
        made.append(item)
