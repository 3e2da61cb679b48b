"""Iterators of users' classes. A `__next__` runs as it is where each run asks it, too. It is converted where a run
decides that, or where it asks the graph whether there is one item more: then they are gone over as by a generator,
which catches the StopIteration of a run."""

from collections.abc import Callable, Iterator
from functools import wraps
from types import FunctionType
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.errors import StagingError
from dy2static.source.convert import is_converted
from dy2static.staging.failures.raising import raising
from dy2static.staging.locate import user_location
from dy2static.staging.objects.by_identity import of_class
from dy2static.staging.values.staged import current, the_stager
from eager.recorder import converts

STEP: Final = "__next__"


def asked(items: Any) -> Any:
    """A generator for such an iterator; others as they are. A `__next__` is converted where it has met the graph."""
    watch(items)
    return the_stager().call(items_of, (items,), {}) if asks_graph(items) else items


def asks_graph(items: Any) -> bool:
    """Whether it is such an iterator."""
    step = getattr(cast("type[Any]", type(items)), "__next__", None)
    step = getattr(step, "__dy2static_function__", step)
    return isinstance(step, FunctionType) and is_converted(step)


def watch(items: Any) -> None:
    """Until staging ends, the `__next__` of a user's class says where it would change something unnoticed."""
    stager, cls = current(), cast("type[Any]", type(items))
    place = -1 if stager is None else _stepping(cls)
    if stager is None or place < 0:
        return
    owner = cls.__mro__[place]
    step: Any = vars(owner)[STEP]
    if not hasattr(step, "__asks__"):
        stager.put_back.append(lambda: setattr(owner, STEP, step))
        setattr(owner, STEP, watched(step))


@of_class
def _stepping(cls: type) -> int:
    """Where among its bases the class of the user's stands that its `__next__` is of; -1 where it is no user's."""
    found = ((i, base) for i, base in enumerate(cls.__mro__) if STEP in vars(base))
    place, owner = next(found, (-1, cls))
    is_users = not is_library(owner.__module__) and isinstance(vars(owner).get(STEP), FunctionType)
    return place if is_users else -1


def watched(step: FunctionType) -> Callable[[Any], Any]:
    """A `__next__` that runs as it is, whoever calls it.

    Raises: StagingError where it would change an object that was made outside of the block that is being staged.
    """

    @wraps(step)
    def stepped(self: Any) -> Any:
        stager = current()
        if stager is not None and not stager.cells.is_born_here(self):
            raise _unnoted(cast("type[Any]", type(self)))
        return step(self)

    cast(Any, stepped).__asks__ = True
    return stepped


def _unnoted(cls: type[Any]) -> StagingError:
    """Converted code would note what a `__next__` changes, here where a run decides whether it is called."""
    error = StagingError(
        f"whether a {cls.__name__} is asked for an item here is known only when the graph runs, and its `__next__` "
        "cannot be converted",
        next_step="make a list of its items first, outside of the branch, loop or `try`: `list(...)`.",
        loc=user_location(),
    )
    error.iterator = cls
    return error


def for_python(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A converted `__next__` for Python to call: converted code calls `step` itself.

    Raises: StagingError where a run decides whether there is one more item, which Python has to know.
    """

    @wraps(step)
    def stepped(self: Any) -> Any:
        stager = current()
        if stager is None:
            return step(self)
        builder, count = stager.builder, len(stager.builder.ops)
        item = step(self)
        if any(op.attrs.get("error") == StopIteration.__name__ for op in raising(builder.ops[count:])):
            raise StagingError(
                f"whether a {type(self).__name__} has one more item is known only when the graph runs: its `__next__` "
                "raises StopIteration there",
                next_step="write its `__iter__` as a generator, with `yield` in a loop, or go over `list(...)` of it.",
                loc=user_location(),
            )
        return item

    cast(Any, stepped).__asks__ = True
    cast(Any, stepped).__dy2static_function__ = step
    return stepped


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


@converts
def next_one(iterator: Any) -> Any:
    """`next(iterator)`."""
    return iterator.__next__()
