"""List displays: lists that staged code may change."""

from typing import Any

from dy2static.staging.values.staged import current


def list_(items: list[Any]) -> list[Any]:
    """The list, ready to be changed under control flow of the graph."""
    stager = current()
    return items if stager is None else stager.lists.display(items)
