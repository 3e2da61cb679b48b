"""`functools.singledispatch` and `singledispatchmethod`: the function for the class of the first argument is called as
converted code calls it."""

import functools
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Final, cast

from dy2static.runtime.callables.builtins import type_
from dy2static.runtime.callables.converted import home_of
from dy2static.staging.stager import Stager

OF_METHOD: Final = "singledispatchmethod.__get__.<locals>._method"
"""The function that an object gives for such a method."""


def dispatched(stager: Stager, function: Any, args: Sequence[Any]) -> Callable[..., Any] | None:
    """The function that a call of one of these comes to; None for other functions."""
    if not isinstance(function, FunctionType) or home_of(function) != functools.__name__ or not args:
        return None
    if function.__code__.co_qualname == OF_METHOD:
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        held = {name: cell.cell_contents for name, cell in cells}
        method = cast(Any, function).register.__self__  # what else the function holds differs between Pythons
        found = _found(stager, method.dispatcher, args[0])
        return found.__get__(held["obj"], held["cls"])
    return _found(stager, function, args[0]) if hasattr(function, "dispatch") else None


def _found(stager: Stager, dispatcher: Any, first: Any) -> Any:
    ask = functools.partial(cast("Callable[..., Any]", dispatcher.dispatch), type_(stager, first))
    stager.note_asked(ask, None, "call")  # others may be registered later
    return ask()
