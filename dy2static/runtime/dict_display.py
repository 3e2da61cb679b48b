"""Displays of dicts and sets, and dicts made of two."""

from typing import TypeVar

from dy2static.staging.values.staged import current

T = TypeVar("T")


def new(made: T) -> T:
    """The container, known to be made here: nobody outside of this block sees what is put in it."""
    stager = current()
    if stager is not None:
        stager.cells.born(made)
    return made


def union(made: T) -> T:
    """What `|` gave, known to be made here where it is a dict."""
    return new(made) if issubclass(type(made), dict) else made
