"""What of a value can change in place, and be told from another."""

from collections.abc import Container, Iterator
from typing import Any, Final

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.objects.instances import children, is_made
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import MaybeNone, maybe_none
from dy2static.staging.values.staged import StagedNumber
from eager.tensor import Tensor

CHANGED_IN_PLACE: Final = (Tensor, StageableList)


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


def items_of(value: Any) -> list[Any]:
    """What a value is made of, by one level; of a list of the graph nothing."""
    if isinstance(value, MaybeDefined):
        return [] if value.handle is None else [value.handle]
    if isinstance(value, StageableList) and value.staged is not None:
        return []
    split = children(value)
    return [] if split is None else split[1]


def objects_within(value: Any) -> list[Any]:
    """The objects in a value that could change."""
    found: list[Any] = [x for item in items_of(value) for x in objects_within(item)]
    if is_changeable(value):
        found.append(value)
    return found


def changeable_within(value: Any, but_for: Container[int] = ()) -> Iterator[Any]:
    """The containers in a value that can change, and its tensors; nothing of the objects of identities `but_for`."""
    if id(value) in but_for:
        return
    if isinstance(value, Tensor | list | dict) or is_changeable(value):
        yield value
    for item in items_of(value):
        yield from changeable_within(item, but_for)


def own_handle(value: Any) -> Any:
    """A handle of its own for the value of a tensor or list, which the frames of its changes do not keep alive."""
    if isinstance(value, StageableList):
        return value.twin()
    return value._alias(value._link) if isinstance(value, Tensor) else value  # pyright: ignore[reportPrivateUsage]
