"""Calls: user functions are converted on the way, builtins get a meaning for staged values."""

import copy
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, BuiltinMethodType, ModuleType
from typing import Any, Final

from dy2static.runtime.callables import logging_calls, random_calls, warning_calls
from dy2static.runtime.callables.asked import watch
from dy2static.runtime.callables.converted import converted
from dy2static.runtime.callables.getters import note_read
from dy2static.runtime.callables.meanings import builtin, meaning_of
from dy2static.runtime.callables.plain_calls import call_as_it_is
from dy2static.runtime.callables.questions import note_question
from dy2static.runtime.callables.walked import check_walked, has_own_iterator, iterated, walked
from dy2static.runtime.generators import Generator
from dy2static.runtime.if_expr import if_expr
from dy2static.runtime.missing_keys import ask_for_items_of
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.values.chosen import each, is_chosen
from dy2static.staging.values.optional import is_none, kind_of, maybe_none, present
from dy2static.staging.values.staged import current, the_stager

TAKE_ALL: Final = (deque, dict, frozenset, list, max, min, set, sorted, sum, tuple)
"""Builtins that take all the values of a generator before they do anything else that one could see."""


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """`function(*args, **kwargs)`. While staging, users' functions run converted, builtins as staged values need."""
    stager = current()
    if stager is None:
        return (warning_calls.warn_in_python if function is warnings.warn else function)(*args, **kwargs)
    function = present(function, "TypeError", "'NoneType' object is not callable")
    if is_chosen(function):
        return each(function, lambda option: call(option, *args, **kwargs))
    if not callable(function):
        stager.raise_in_graph(TypeError, (f"{kind_of(function)!r} object is not callable",))
    if any(map(is_chosen, args)) and not _takes_chosen(function):
        at = next(i for i, arg in enumerate(args) if is_chosen(arg))
        return each(args[at], lambda option: call(function, *args[:at], option, *args[at + 1 :], **kwargs))
    named = next((name for name, arg in kwargs.items() if is_chosen(arg)), None)
    if named is not None and (function is print or not _takes_chosen(function)):
        return each(kwargs[named], lambda option: call(function, *args, **{**kwargs, named: option}))
    if any(maybe_none(arg) is not None for arg in args):
        if _is_by_cases(function):
            return _by_cases(function, args, kwargs)
        args = walked(function, args)
    if any(map(has_own_iterator, args)):
        args = iterated(function, args)
    if any(isinstance(arg, OneShot) for arg in args) and _takes_all(function):
        drained = Generator if builtin(function) else OneShot
        args = tuple(arg.drained() if isinstance(arg, drained) else arg for arg in args)
    check_walked(stager, function, args)
    for arg in args:
        watch(arg)
    meaning = meaning_of(stager, function, args, kwargs)
    if meaning is not None:
        return meaning()
    note_read(stager, function, args)
    note_question(stager, function, args, kwargs)
    random_calls.check(stager, function, args, kwargs)
    target = converted(function)
    if target is None:
        return call_as_it_is(stager, function, args, kwargs)
    ask_for_items_of(function)
    return stager.calls.run(target, args, kwargs)


def _takes_chosen(function: Any) -> bool:
    """Whether a function is given a value that the graph chooses as it is: one of the user's, one that makes a text or
    an object of it, or one that puts it into a list of converted code."""
    if function is map or function is filter:  # they call it
        return True
    if isinstance(function, type):
        return function.__module__ != "builtins" or issubclass(function, BaseException)
    if type(getattr(function, "__self__", None)) is StageableList or function is print:
        return True
    return logging_calls.logger_of(function) is not None or converted(function) is not None


def _is_by_cases(function: Any) -> bool:
    """Whether a function has no meaning of its own for what may be None: one of Python's, of a module."""
    if function is divmod or function is copy.copy or function is copy.deepcopy:
        return True
    is_of_module = type(function) is BuiltinFunctionType and isinstance(function.__self__, ModuleType)
    return is_of_module and builtin(function) is None


def _by_cases(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A call with an argument that may be None: one with None, or one with the value."""
    at = next(i for i, arg in enumerate(args) if maybe_none(arg) is not None)

    def called(arg: Any) -> Any:
        try:
            return call(function, *args[:at], arg, *args[at + 1 :], **kwargs)
        except TypeError as error:
            the_stager().raise_in_graph(TypeError, error.args)

    return if_expr(is_none(args[at]), lambda: called(None), lambda: called(present(args[at], "TypeError", "")))


def _takes_all(function: Any) -> bool:
    """Whether a builtin takes all the values of a generator before it does anything else that one could see."""
    if isinstance(function, BuiltinMethodType):
        return not isinstance(function.__self__, ModuleType) or function in TAKE_ALL
    return isinstance(function, type) and function in TAKE_ALL
