"""Comprehensions: their loops are those of `for`, their conditions those of `if`, on ordinary and staged values."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from dy2static.errors import StagingError
from dy2static.runtime.dict_display import new
from dy2static.runtime.for_stmt import for_
from dy2static.runtime.if_stmt import if_
from dy2static.runtime.list_display import list_
from dy2static.staging.locate import user_location
from dy2static.staging.values.optional import present
from dy2static.staging.values.staged import current
from eager.tensor import Tensor

Add = Callable[..., None]
MOST_UNROLLED: Final = 16
"""Elements of a tensor over which a comprehension is written out in the graph: the result is an ordinary list."""


def list_of(fill: Callable[[Add], None]) -> list[Any]:
    """A list comprehension: `fill` is given what appends to the list."""
    made = list_([])
    fill(made.append)
    return made


def set_of(fill: Callable[[Add], None]) -> set[Any]:
    """A set comprehension."""
    made: set[Any] = new(set())
    fill(_here(made.add, "set"))
    return made


def dict_of(fill: Callable[[Add], None]) -> dict[Any, Any]:
    """A dict comprehension."""
    made: dict[Any, Any] = new({})
    fill(_here(made.__setitem__, "dict"))
    return made


def _here(add: Add, what: str) -> Add:
    """Adds where what is made was begun; under a test or in a loop of the graph its keys would be known only later."""
    stager = current()
    if stager is None:
        return add
    builder = stager.builder

    def checked(*values: Any) -> None:
        if stager.builder is not builder:
            raise StagingError(
                f"what is in this {what} is known only when the graph runs",
                next_step="make a list: it can grow in a graph.",
                loc=user_location(),
            )
        add(*values)

    return checked


def each(items: Iterable[Any], body: Callable[[Any], None], add: Any) -> None:
    """One `for` of a comprehension. Where `add` belongs to a loop, it says when that is over."""

    def trip(item: Any) -> tuple[()]:
        body(item)
        return ()

    items = present(items, "TypeError", "'NoneType' object is not iterable")
    stop = getattr(add, "stop", None)
    if isinstance(items, Tensor) and stop is None and _is_short(items):
        tensor = items

        def trip_at(i: int) -> tuple[()]:
            return trip(tensor[i])  # not before: the body may change it in place

        for_(range(items.shape[0]), trip_at, (), ())
    elif stop is None:
        for_(items, trip, (), ())
    else:
        for_(items, trip, (), (), stop=stop)


def _is_short(x: Tensor) -> bool:
    size: Any = x.shape[0] if x.ndim else None
    return isinstance(size, int) and size <= MOST_UNROLLED


def when(test: Any, then: Callable[[], None]) -> None:
    """One `if` of a comprehension."""

    def chosen() -> tuple[()]:
        then()
        return ()

    if_(test, chosen, _nothing, (), ())


def _nothing() -> tuple[()]:
    return ()
