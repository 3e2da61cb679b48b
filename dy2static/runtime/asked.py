"""Iterators of users' classes whose `__next__` asks the graph whether there is one item more: they are gone over as by
a generator, which catches the StopIteration of a run."""

from collections.abc import Iterator
from types import FunctionType
from typing import Any, cast

from dy2static.source.convert import is_converted
from dy2static.staging.staged import the_stager
from eager.recorder import converts


def asked(items: Any) -> Any:
    """A generator for such an iterator; others as they are. A `__next__` is converted where it has met the graph."""
    return the_stager().call(items_of, (items,), {}) if asks_graph(items) else items


def asks_graph(items: Any) -> bool:
    """Whether it is such an iterator."""
    step = getattr(cast("type[Any]", type(items)), "__next__", None)
    return isinstance(step, FunctionType) and is_converted(step)


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
