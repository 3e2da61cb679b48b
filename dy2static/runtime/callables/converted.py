"""The converted form of what a user calls."""

import contextlib
import functools
from collections.abc import Callable
from inspect import CO_GENERATOR
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any, cast

from dy2static.converters.allow import is_library
from dy2static.source.convert import convert_function
from dy2static.staging.values.staged import current


def converted(function: Any) -> Callable[..., Any] | None:
    """The converted form of a user's function, method or callable object; None for what runs as it is."""
    if isinstance(function, MethodType):
        inner = converted(function.__func__)
        return None if inner is None else MethodType(inner, function.__self__)
    marked = getattr(function, "__dy2static_function__", None)
    if marked is not None:
        return converted(marked)
    if isinstance(function, FunctionType):
        is_left = is_library(home_of(function)) and not (getattr(function, "__converts__", False) or _wraps(function))
        return None if is_left else _convert(function)
    if isinstance(function, functools.partial):
        partial = cast("functools.partial[Any]", function)
        inner = converted(partial.func)
        return None if inner is None else functools.partial(inner, *partial.args, **partial.keywords)
    if isinstance(function, type | BuiltinMethodType):
        return None
    owner = cast("type[Any]", type(function))
    method: Any = owner.__call__
    return converted(MethodType(method, function)) if isinstance(method, FunctionType) else None


def _wraps(function: FunctionType) -> bool:
    """Whether it is what a manager of `contextlib` makes of a user's function that it decorates."""
    wrapped: Any = getattr(function, "__wrapped__", None)
    if home_of(function) != contextlib.__name__ or not isinstance(wrapped, FunctionType):
        return False
    return not (is_library(home_of(wrapped)) or wrapped.__code__.co_flags & CO_GENERATOR)


def home_of(function: FunctionType) -> str:
    """The module that a function's code is of; `__module__` may be copied from a function that it wraps."""
    return function.__globals__.get("__name__") or ""


def _convert(function: FunctionType) -> Callable[..., Any]:
    made = convert_function(function)
    stager = current()
    if stager is not None and cast(object, made.function) is not function:
        stager.conversions.append((function, made))
    return made.function
