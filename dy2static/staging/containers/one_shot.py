"""Iterators of converted code, which can be gone through once."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import AttributeCell
from dy2static.staging.values.staged import current


class OneShot(ABC):
    """An iterator that a loop of converted code goes through: a generator, or what `zip` and its like give.

    That it was used is a cell, so tests and loops of the graph carry it: what uses it twice is refused.
    """

    __drains__ = True
    is_used: Any

    def __init__(self, kind: str) -> None:
        self.kind = kind
        """What Python calls it."""
        self.stager = stager = current()
        self.is_used = False
        if stager is not None:
            stager.cells.born(self)

    def use(self) -> None:
        """Note, while staging, that all its items are taken.

        Raises: StagingError where that may have happened before.
        """
        stager = current()
        if stager is None or stager is not self.stager:
            raise self.refused("is consumed outside of the graph that it was made in")
        if self.is_used is not False:
            again = "is consumed a second time"
            by_run = "may be consumed a second time, as in the next trip of a loop that it was made outside of"
            raise self.refused(again if self.is_used is True else by_run)
        stager.cells.put(AttributeCell(self, "is_used"), True)

    def refused(self, what: str) -> StagingError:
        """The error for a use that a graph cannot have."""
        here = "make it where it is consumed"
        is_users = self.kind == "generator"
        return StagingError(
            f"{'a generator' if is_users else f'what `{self.kind}` gave'} {what}",
            next_step=f"{here}: call the generator function in the `for` statement itself."
            if is_users
            else f"{here}, or go over a list of it: `list({self.kind}(...))`.",
            loc=user_location(),
        )

    @abstractmethod
    def drained(self) -> list[Any]:
        """A list of all items."""

    def __iter__(self) -> Iterator[Any]:
        which = "an enumerate" if self.kind == "enumerate" else f"a {self.kind}"
        raise StagingError(
            f"{which} can be consumed here only by a `for` statement, a comprehension, or by `list`, `tuple`, `sum` "
            "and their like",
            next_step="make a list of it first: `list(...)`.",
            loc=user_location(),
        )

    def __next__(self) -> Any:
        raise StagingError(
            f"`next` of a {self.kind} cannot be part of a graph",
            next_step="consume it with a `for` statement; `break` ends it early.",
            loc=user_location(),
        )
