"""Iterators of Python's and of libraries: how far one has come is a note, which branches, loops and trials of the graph
see. So one that is asked on some paths only is refused where it is asked again."""

from collections.abc import Iterable, Iterator, Sequence
from types import FunctionType
from typing import Any, cast

from dy2static.converters.allow import is_library
from dy2static.errors import StagingError
from dy2static.runtime.callables.asked import watch
from dy2static.runtime.list_display import list_
from dy2static.runtime.rolling import items_left, lists_of, refuse_staged
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.locate import user_location
from dy2static.staging.objects.by_identity import of_class
from dy2static.staging.objects.cells import AttributeCell
from dy2static.staging.values.staged import current


class Pulled:
    """The items of an iterable, each asked for once. How many were given is a note, which a trial takes back."""

    __drains__ = True
    count: Any

    def __init__(self, items: Iterable[Any], asked: Sequence[Any] = ()) -> None:
        """`asked` may have such iterators, which this one asks for its items."""
        self.source = items
        self.iterator = iter(items)
        watch(self.iterator)
        self.inner = tuple(_pulled_in((items, *asked)))
        self.seen: list[tuple[Any, tuple[Any, ...]]] = []
        """The items, each with how far `inner` had come when it was given."""
        self.count = 0
        stager = current()
        self.walked = () if stager is None else lists_of(self.iterator)
        """The lists of Python, for now, that the items come from."""
        if stager is not None:
            stager.cells.born(self)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        given = self.given()
        if given == len(self.seen):
            item = next(self.iterator)
            self.seen.append((item, tuple([x.count for x in self.inner])))
        item, counts = self.seen[given]
        for inner, count in zip(self.inner, counts, strict=True):
            if inner.count != count:  # it was given before, in a trial
                inner.set_to(count)
        self.set_to(given + 1)
        return item

    def next_for_python(self) -> Any:
        """The next item, for an iterator of Python's.

        Raises: StagingError where the items that are left are in the graph by now.
        """
        try:
            return next(self)
        except (StopIteration, ValueError):  # the end, or that of a strict `zip`
            refuse_staged(self.walked)
            raise

    def given(self) -> int:
        """How many items were given.

        Raises: StagingError where a run decides it.
        """
        if not isinstance(self.count, int):
            raise StagingError(
                "how far an iterator has come is known only when the graph runs",
                next_step="make it where it is consumed, or make a list of it first: `list(...)`.",
                loc=user_location(),
            )
        return self.count

    def at_hand(self) -> Sequence[Any]:
        """The items that are left; this stays where it is.

        Raises: TypeError where asking for them could have effects.
        """
        seen, rest = [item for item, _ in self.seen[self.given() :]], items_left(self.iterator)
        if isinstance(rest, range) and seen:  # of a `count`: it has no end, and is not written out
            rest = range(seen[0], rest.stop, rest.step)
        return rest if isinstance(rest, range) else [*seen, *rest]

    def left(self) -> Sequence[Any]:
        """The items that are left, for a loop that goes over them in place of this.

        Raises: TypeError where asking for them could have effects.
        """
        items = self.at_hand()
        self.lost()
        return items

    def drained(self) -> list[Any]:
        """A list of the items that are left."""
        return list_([*self])

    def lost(self) -> None:
        """Note that another goes on from here, or that a run decides how far this has come."""
        self.set_to(None)
        for inner in self.inner:
            inner.lost()

    def set_to(self, count: int | None) -> None:
        """Note how many items were given; None where nobody knows."""
        stager = current()
        if stager is not None:
            stager.cells.touch(AttributeCell(self, "count"))
        self.count = count


# Messages of Python, and ours, name the class: to the program it is an iterator of Python's.
Pulled.__name__ = Pulled.__qualname__ = "iterator"


def pulled(made: Any, asked: Sequence[Any] = ()) -> Any:
    """What a call gives, where that is an iterator, or a tuple with some, so that it is noted how far they have come.
    `asked` is what the call was given."""
    if type(made) is tuple:
        items = cast("tuple[Any, ...]", made)
        return tuple([pulled(x, asked) for x in items]) if any(map(is_iterator, items)) else items
    return Pulled(made, asked) if is_iterator(made) and _is_bare(cast("type[Any]", type(made))) else made


def is_iterator(value: Any) -> bool:
    """Whether it is an iterator of Python's or of a library's, of which nothing says how far it has come."""
    return not isinstance(value, OneShot | Pulled) and _steps_by_itself(cast("type[Any]", type(value)))


@of_class
def _steps_by_itself(cls: type) -> bool:
    owner = next((base for base in cls.__mro__ if "__next__" in vars(base)), None)
    return owner is not None and is_library(owner.__module__)


@of_class
def _is_bare(cls: type) -> bool:
    """Whether all that one can do with an iterator of this class is to ask it for items."""
    if cls.__module__ in ("builtins", "itertools"):
        return True
    is_python = isinstance(getattr(cls, "__next__", None), FunctionType)
    return not (is_python or any(not name.startswith("_") for name in dir(cls)))


def _pulled_in(values: Iterable[Any]) -> Iterator[Pulled]:
    """Those among some values, and in lists and tuples there."""
    for value in values:
        if isinstance(value, Pulled):
            yield value
        elif isinstance(value, list | tuple):
            yield from (x for x in cast("Sequence[Any]", value) if isinstance(x, Pulled))
