"""Builtins that go over an argument: where it may be None, the graph raises there what Python does."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from dy2static.staging.optional import present

ALL: Final = slice(None)
FIRST: Final = slice(1)
BEHIND: Final = slice(1, None)
WALKED: Final[dict[Any, slice]] = {
    all: FIRST,
    any: FIRST,
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


def walked(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a call, with the values themselves for those that it goes over."""
    held = list(args)
    is_walked = isinstance(function, type | type(len)) and function in WALKED
    if is_walked and (function not in (min, max) or len(held) == 1):
        text = OTHER_TEXTS.get(function, "'NoneType' object is not iterable")
        held[WALKED[function]] = [present(x, "TypeError", text) for x in held[WALKED[function]]]
    return tuple(held)
