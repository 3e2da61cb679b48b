"""What callables of Python's own read from outside: by a text (`operator.attrgetter`, `operator.methodcaller`), behind
a weak reference, or in a context variable."""

import functools
import operator
import weakref
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from types import BuiltinMethodType
from typing import Any, cast

from dy2static.runtime.callables.builtins import getattr_
from dy2static.staging.stager import Stager


def reading_by_text(stager: Stager, function: Any) -> Callable[[Any], Any] | None:
    """What a getter of `operator` does, with reads that staging knows of; None for other callables."""
    if isinstance(function, operator.attrgetter):
        names: Sequence[str] = function.__reduce__()[1]
        return lambda obj: _attributes(stager, obj, names)
    if isinstance(function, operator.methodcaller):
        return lambda obj: _called(stager, obj, function)
    return None


def _attributes(stager: Stager, obj: Any, names: Sequence[str]) -> Any:
    found = [functools.reduce(lambda o, part: getattr_(stager, o, part), name.split("."), obj) for name in names]
    return found[0] if len(found) == 1 else tuple(found)


def _called(stager: Stager, obj: Any, caller: Any) -> Any:
    made, args = caller.__reduce__()
    kwargs: dict[str, Any] = {}
    if isinstance(made, functools.partial):  # so keywords are reduced
        (name,), kwargs = made.args, made.keywords
    else:
        name, *args = args
    return stager.call(getattr_(stager, obj, name), tuple(args), kwargs)


def note_read(stager: Stager, function: Any, args: Sequence[Any]) -> None:
    """Note what a call without arguments finds outside, so that another finding makes another program."""
    is_variable = isinstance(function, BuiltinMethodType) and isinstance(function.__self__, ContextVar)
    if is_variable and function.__name__ == "get":
        stager.note_asked(functools.partial(cast(Any, function), *args) if args else function, None, "call")
    elif type(function) is weakref.ref and not args:
        stager.note_asked(function, None, "call")
