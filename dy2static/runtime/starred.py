"""`*items` in a call, a list, a tuple or a set, `values[i:j] = items`, `values += items`: Python takes all items that
there are while the graph is made."""

from typing import Any

from dy2static.runtime.callables.outside_world import check_objects
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.values.staged import current


def spread(items: Any, name: str = "*") -> Any:
    """What the items are taken of, by a statement of this name.

    Raises: StagingError for an iterator from outside, of which a later run would find none.
    """
    stager = current()
    if stager is not None:
        check_objects(stager, name, (items,))
    return items.drained() if isinstance(items, OneShot) else items
