"""Iterators of users' classes whose `__next__` asks the graph whether there is one item more: they are gone over as by
a generator, which catches the StopIteration of a run."""

from collections.abc import Iterator
from types import FunctionType
from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.source.convert import is_converted
from dy2static.staging.locate import user_location
from dy2static.staging.raising import raising
from dy2static.staging.staged import current, the_stager
from eager.recorder import converts


def asked(items: Any) -> Any:
    """A generator for such an iterator; others as they are. A `__next__` is converted where it has met the graph."""
    return the_stager().call(items_of, (items,), {}) if asks_graph(items) else items


def asks_graph(items: Any) -> bool:
    """Whether it is such an iterator."""
    step = getattr(cast("type[Any]", type(items)), "__next__", None)
    return isinstance(step, FunctionType) and is_converted(step)


def next_of(items: Iterator[Any]) -> Any:
    """The next item, asked for while the graph is made.

    Raises: StopIteration at the end; StagingError where a run decides whether there is one more.
    """
    stager = current()
    if stager is None:
        return next(items)
    builder, count = stager.builder, len(stager.builder.ops)
    item = next(items)
    if any(op.attrs.get("error") == StopIteration.__name__ for op in raising(builder.ops[count:])):
        raise StagingError(
            f"whether a {type(items).__name__} has one more item is known only when the graph runs: its `__next__` "
            "raises StopIteration there",
            next_step="write its `__iter__` as a generator, with `yield` in a loop, or go over a list of its items.",
            loc=user_location(),
        )
    return item


@converts
def items_of(iterator: Any) -> Iterator[Any]:
    """What it gives, until it is through."""
    while True:
        try:
            item = iterator.__next__()
        except StopIteration:
            return
        yield item


@converts
def next_or(iterator: Any, default: Any) -> Any:
    """`next(iterator, default)`."""
    try:
        return iterator.__next__()
    except StopIteration:
        return default
