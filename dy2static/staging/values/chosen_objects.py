"""One of several objects that change in place, where the graph says which: an item of a list, tuple or dict at an index
or key of the graph. What is done with it is done with each, in a branch for it.

To read such an item, a copy of it does, and costs less. So items are taken as themselves only where staging has failed
on one that was changed (`StagingError.is_of_choice`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from dy2static.errors import StagingError
from dy2static.staging.containers.lists import NO_INDEX
from dy2static.staging.containers.queues import Queue
from dy2static.staging.locate import user_location
from dy2static.staging.objects.made import is_plain
from dy2static.staging.values.chosen import MOST, Chosen, each, is_chosen, options_of
from dy2static.staging.values.staged import StagedNumber
from eager.tensor import Tensor
from graph.dtypes import int64

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


def choose(stager: "Stager", items: Sequence[Any], at: StagedNumber) -> Any:
    """The item at a place, from 0 on, as itself; None where a copy does, or there is no choice among so many."""
    if not (stager.chooses_objects and can_choose(items)):
        return None
    return items[0] if len(items) == 1 else Chosen(items, at)


def can_choose(items: Sequence[Any]) -> bool:
    """Whether the graph can choose among these objects, as themselves."""
    return 0 < len(items) <= MOST and all(map(is_object, items))


def is_object(value: Any) -> bool:
    """Whether it is a list, dict, queue or instance of a plain class of the user's; what is called, such as a layer, is
    a value that the graph chooses anyway."""
    return isinstance(value, list | dict | Queue) or (
        not (isinstance(value, Tensor) or callable(value)) and is_plain(cast("type[Any]", type(value)))
    )


def are_objects(value: Any) -> bool:
    """Whether the graph chooses among such objects."""
    return is_chosen(value) and is_object(options_of(value)[0])


def value_of(chosen: Any) -> Any:
    """A copy of the object that is chosen."""
    return each(chosen, lambda option: option)


def place_of(stager: "Stager", index: Tensor, count: int, kind: str) -> StagedNumber:
    """The place, from 0 on, that an index means in a tuple or list of so many items.

    Raises: IndexError at run time, and TypeError, with Python's texts.
    """
    dtype = index.dtype.kind
    if isinstance(index, StagedNumber):
        if dtype not in "bi":
            given = "float" if dtype == "f" else "complex"
            raise TypeError(f"{kind} indices must be integers or slices, not {given}")
    elif index.ndim or dtype not in "iu":
        raise TypeError(NO_INDEX)
    b = stager.builder
    b.loc = user_location()
    place = stager.cast_to(index, int64)
    is_there = b.logical_and(b.ge(place, -count), b.lt(place, count))
    b.check(is_there, error="IndexError", parts=(f"{kind} index out of range",), forms=())
    return StagedNumber.of(b.where(b.lt(place, 0), b.add(place, count), place))


def leaving(chosen: Any) -> tuple[Any, ...]:
    """The options of a value that leaves a branch or loop.

    Raises: StagingError for objects: nobody would know them behind it.
    """
    if are_objects(chosen):
        raise beyond_its_block()
    return options_of(chosen)


def beyond_its_block() -> StagingError:
    """The error for such an object that leaves a branch, a loop or the function."""
    return StagingError(
        "one of several objects, where only the graph knows which, is kept beyond this branch, loop or function",
        next_step="keep its index, and take the item again where it is needed.",
        loc=user_location(),
    )
