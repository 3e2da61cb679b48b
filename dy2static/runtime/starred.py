"""`*items` in a call, a tuple or a set, `values[i:j] = items`, `values += items`: Python takes all items that there are
while the graph is made. In a list there may be those of a list of the graph."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dy2static.runtime.callables.outside_world import check_objects
from dy2static.runtime.list_display import list_
from dy2static.staging.containers.iterables import is_staged_iterable
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.values.optional import present
from dy2static.staging.values.staged import current


@dataclass(frozen=True, slots=True)
class _Part:
    """Stands in a list that is written out for items of which the graph alone knows how many there are."""

    items: StageableList


def spread(items: Any, name: str = "*") -> Any:
    """What the items are taken of, by a statement of this name.

    Raises: StagingError for an iterator from outside, of which a later run would find none.
    """
    stager = current()
    if stager is not None:
        check_objects(stager, name, (items,))
    return items.drained() if isinstance(items, OneShot) else items


def part(items: Any) -> Iterable[Any]:
    """What stands in `[a, *items]` for the items, as they are when their turn comes.

    Raises: StagingError for an iterator from outside, of which a later run would find none.
    """
    stager = current()
    if stager is None:
        return items
    items = present(items, "TypeError", "Value after * must be an iterable, not NoneType")
    if not (isinstance(items, OneShot) or is_staged_iterable(items)):
        return spread(items)
    made = stager.call(list, (items,), {})
    return made if made.staged is None else (_Part(made),)


def joined(items: list[Any]) -> list[Any]:
    """The list of the items and of those in its parts."""
    first = next((i for i, item in enumerate(items) if isinstance(item, _Part)), None)
    if first is None:
        return list_(items)
    made = list_(items[:first])
    for item in items[first:]:
        if isinstance(item, _Part):
            made.extend(item.items)
        else:
            made.append(item)
    return made
