"""Calls: user functions are converted on the way, builtins get a meaning for staged values."""

import functools
from collections.abc import Callable
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any, cast

from dy2static.converters.allow import is_library
from dy2static.runtime.builtins import BUILTINS
from dy2static.source.convert import convert_function
from dy2static.staging.cells import ItemCell, ListCell
from dy2static.staging.lists import StageableList
from dy2static.staging.staged import current
from dy2static.staging.stager import Stager


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """`function(*args, **kwargs)`. While staging, users' functions run converted, builtins as staged values need."""
    stager = current()
    if stager is None:
        return function(*args, **kwargs)
    staged_meaning = _builtin(function)
    if staged_meaning is not None:
        return staged_meaning(stager, *args, **kwargs)
    if isinstance(function, BuiltinMethodType):
        _note_change(stager, function)
        return function(*args, **kwargs)
    target = converted(function)
    if target is not None:
        return target(*args, **kwargs)
    if _is_of_library(function):
        args = tuple(map(_callback, args))
        kwargs = {name: _callback(value) for name, value in kwargs.items()}
    made = function(*args, **kwargs)
    if isinstance(function, type):
        stager.cells.born(made)
    return made


def converted(function: Any) -> Callable[..., Any] | None:
    """The converted form of a user's function, method or callable object; None for what runs as it is."""
    marked = getattr(function, "__dy2static_function__", None)
    if marked is not None:
        return converted(marked)
    if isinstance(function, FunctionType):
        is_left = is_library(home_of(function)) and not getattr(function, "__converts__", False)
        return None if is_left else _convert(function)
    if isinstance(function, MethodType):
        inner = converted(function.__func__)
        return None if inner is None else MethodType(inner, function.__self__)
    if isinstance(function, functools.partial):
        partial = cast("functools.partial[Any]", function)
        inner = converted(partial.func)
        return None if inner is None else functools.partial(inner, *partial.args, **partial.keywords)
    if isinstance(function, type | BuiltinMethodType):
        return None
    owner = cast("type[Any]", type(function))
    method = getattr(owner, "__call__", None)  # noqa: B004 - the method itself is wanted
    return converted(MethodType(method, function)) if isinstance(method, FunctionType) else None


def home_of(function: FunctionType) -> str:
    """The module that a function's code is of; `__module__` may be copied from a function that it wraps."""
    return function.__globals__.get("__name__") or ""


def _convert(function: FunctionType) -> Callable[..., Any]:
    made = convert_function(function)
    stager = current()
    if stager is not None and cast(object, made.function) is not function:
        stager.conversions.append((function, made))
    return made.function


def _builtin(function: Any) -> Callable[..., Any] | None:
    try:
        return BUILTINS.get(function)
    except TypeError:  # a callable object that cannot be hashed is no builtin
        return None


def _callback(value: Any) -> Any:
    """A user's function that a library function is given runs converted there too."""
    if type(value) in (FunctionType, MethodType):
        return converted(value) or value
    return value


def _is_of_library(function: Any) -> bool:
    return is_library(getattr(function, "__module__", None) or "")


def _note_change(stager: Stager, method: BuiltinMethodType) -> None:
    """Methods of plain lists and dicts that change them."""
    owner, name = method.__self__, method.__name__
    if isinstance(owner, list) and not isinstance(owner, StageableList):
        if name in LIST_CHANGES:
            stager.cells.touch(ListCell(cast("list[Any]", owner)))
    elif isinstance(owner, dict) and name in DICT_CHANGES:
        for key in list(cast("dict[Any, Any]", owner)):
            stager.cells.touch(ItemCell(owner, key))


LIST_CHANGES = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"})
DICT_CHANGES = frozenset({"update", "pop", "popitem", "clear", "setdefault"})
