"""`*items` in a call, a list, a tuple or a set: Python takes all items that there are while the graph is made."""

from typing import Any

from dy2static.runtime.outside_world import check_objects
from dy2static.staging.staged import current


def spread(items: Any) -> Any:
    """What the items are taken of.

    Raises: StagingError for an iterator from outside, of which a later run would find none.
    """
    stager = current()
    if stager is not None:
        check_objects(stager, "*", (items,))
    return items
