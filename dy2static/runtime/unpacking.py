"""Unpacking into several targets, also of what has a length that only the graph knows."""

from collections.abc import Iterable
from typing import Any

from dy2static.runtime.callables import sequences
from dy2static.runtime.callables.outside_world import check_objects
from dy2static.runtime.callables.walked import gone_over
from dy2static.runtime.list_display import list_
from dy2static.staging.containers.iterables import (
    StagedIterable,
    StagedIterator,
    is_staged_iterable,
    shortest,
    staged_iterable,
)
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.optional import present
from dy2static.staging.values.staged import current
from eager.recorder import converts
from eager.tensor import Tensor


def unpack(value: Any, before: int, after: int | None = None) -> Any:
    """The items for `before` targets; with `after`, a list for the starred one and the items for `after` behind it.

    Without a starred target, what Python can go over stays as it is: Python says what does not fit.
    """
    stager = current()
    if stager is not None:
        check_objects(stager, "unpacking", (value,))
        value = gone_over(value)
    if stager is not None and isinstance(value, OneShot) and not isinstance(value, StagedIterator):
        value = value.drained() if after is not None else stager.call(first_of, (value, before + 1), {})
    if stager is not None and is_staged_iterable(value):
        value = present(value, "TypeError", "cannot unpack non-iterable NoneType object")
        over = None if isinstance(value, Tensor) and not value.ndim else staged_iterable(stager, value)
        if over is not None and over.calls:  # which happens before anyone sees how many there are
            some = over.part(0, shortest(stager, [over.length, before + 1])) if after is None else over
            value = sequences.list_(stager, some)
            over = staged_iterable(stager, value)
        if over is not None and not isinstance(over.length, int):
            return _unpacked(stager, over, before, after)
        if over is not None:
            value = [over.item(i) for i in range(over.length)]
    if after is None:
        return value
    (*items,) = value
    least = before + after
    if len(items) < least:
        raise ValueError(f"not enough values to unpack (expected at least {least}, got {len(items)})")
    end = len(items) - after
    return (*items[:before], list_(items[before:end]), *items[end:])


@converts
def first_of(items: Iterable[Any], count: int) -> list[Any]:
    """The first items, as many as Python asks for before it says that there are too many."""
    made: list[Any] = []
    for item in items:
        made.append(item)
        if len(made) == count:
            break
    return made


def _unpacked(stager: Stager, over: StagedIterable, before: int, after: int | None) -> tuple[Any, ...]:
    count = over.length
    if after is None:
        _check(stager, count >= before, f"not enough values to unpack (expected {before}, got ", count)
        _check(stager, count <= before, f"too many values to unpack (expected {before})")
        return tuple([over.item(i) for i in range(before)])
    least = before + after
    _check(stager, count >= least, f"not enough values to unpack (expected at least {least}, got ", count)
    first = [over.item(i) for i in range(before)]
    rest = sequences.list_(stager, over.part(before, count - least))
    return (*first, rest, *[over.item(count - i) for i in range(after, 0, -1)])


def _check(stager: Stager, holds: Any, text: str, count: Any = None) -> None:
    b = stager.builder
    b.loc = user_location()
    if count is None:
        b.check(stager.predicate(holds), error="ValueError", parts=(text,), forms=())
    else:
        b.check(stager.predicate(holds), stager.lift(count), error="ValueError", parts=(text, ")"), forms=("",))
