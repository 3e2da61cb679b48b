"""Builtins that go over an argument: where it may be None, the graph raises there what Python does; an object of a
user's class is asked for its iterator, which a generator of converted code is."""

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.runtime.callables.asked import asked, asks_graph
from dy2static.runtime.callables.outside_world import check_objects
from dy2static.runtime.callables.pulled import Pulled
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.containers.queues import Queue, listed
from dy2static.staging.stager import Stager
from dy2static.staging.values.optional import present

ALL: Final = slice(None)
FIRST: Final = slice(1)
BEHIND: Final = slice(1, None)
WALKED: Final[dict[Any, slice]] = {
    all: FIRST,
    any: FIRST,
    deque: FIRST,
    dict: FIRST,
    enumerate: FIRST,
    filter: BEHIND,
    frozenset: FIRST,
    iter: FIRST,
    list: FIRST,
    map: BEHIND,
    max: FIRST,
    min: FIRST,
    range: ALL,
    reversed: FIRST,
    set: FIRST,
    sorted: FIRST,
    sum: FIRST,
    tuple: FIRST,
    zip: ALL,
}
"""The arguments that each goes over; `min` and `max` when they are given one."""
OTHER_TEXTS: Final[dict[Any, str]] = {
    range: "'NoneType' object cannot be interpreted as an integer",
    reversed: "'NoneType' object is not reversible",
}


def has_own_iterator(value: Any) -> bool:
    """Whether it is an object that says itself how to go over it: of a class of the user's, or a queue."""
    method = getattr(cast("type[Any]", type(value)), "__iter__", None)
    is_users = type(method) is FunctionType and not is_library(method.__globals__.get("__name__") or "")
    return is_users or isinstance(value, Queue)


def gone_over(value: Any) -> Any:
    """What such an object has gone over; others as they are."""
    if isinstance(value, Queue):
        return value.held
    if not has_own_iterator(value):
        return value
    items = asked(iter(value))
    return items if isinstance(items, OneShot) else Pulled(items)


def iterated(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a call, with what is gone over for such objects."""
    held = list(args)
    is_itself = function is range or (function is iter and asks_graph(args[0]))
    if _goes_over(function, args) and not is_itself:
        change = listed if function is reversed else gone_over
        held[WALKED[function]] = map(change, held[WALKED[function]])
    return tuple(held)


def check_walked(stager: Stager, function: Callable[..., Any], args: Sequence[Any]) -> None:
    """Raises: StagingError for a call that takes items of a file or the like which this function has not made."""
    taken = args[WALKED[function]] if _goes_over(function, args) else chained(function, args)
    for over in taken:
        check_objects(stager, function.__name__, (over,))


def chained(function: Any, args: Sequence[Any]) -> Sequence[Any]:
    """The iterables in what `chain.from_iterable` is given, where that can be looked into."""
    if args and isinstance(args[0], list | tuple) and function == itertools.chain.from_iterable:
        return cast("Sequence[Any]", args[0])
    return ()


def _goes_over(function: Callable[..., Any], args: Sequence[Any]) -> bool:
    is_walked = isinstance(function, type | type(len)) and function in WALKED
    return is_walked and (function not in (min, max) or len(args) == 1)


def walked(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a call, with the values themselves for those that it goes over."""
    held = list(args)
    if _goes_over(function, held):
        text = OTHER_TEXTS.get(function, "'NoneType' object is not iterable")
        held[WALKED[function]] = [present(x, "TypeError", text) for x in held[WALKED[function]]]
    return tuple(held)
