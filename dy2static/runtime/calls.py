"""Calls: user functions are converted on the way, builtins get a meaning for staged values."""

import copy
import dataclasses
import functools
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from types import (
    BuiltinFunctionType,
    BuiltinMethodType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final, cast

import numpy as np

from dy2static.converters.allow import is_library
from dy2static.runtime import logging_calls, math_functions, outside_world, random_calls, warning_calls
from dy2static.runtime.builtins import BUILTINS
from dy2static.runtime.changed_by_call import STORES, note_arrays, note_change
from dy2static.runtime.generators import Generator, Pulled
from dy2static.runtime.getters import note_read, reading_by_text
from dy2static.runtime.identity import check_key
from dy2static.runtime.if_expr import if_expr
from dy2static.runtime.library_written_out import written_out
from dy2static.runtime.list_display import list_
from dy2static.runtime.missing_keys import ask_for_items, ask_for_items_of
from dy2static.runtime.noted import is_written_in_python, noting, noting_parts
from dy2static.runtime.questions import note_question
from dy2static.runtime.stream_calls import writing_to_stream
from dy2static.runtime.texts import method_of_text
from dy2static.runtime.walked import has_own_iterator, iterated, walked
from dy2static.source.convert import convert_function
from dy2static.source.load import has_source
from dy2static.staging.chosen import each, is_chosen
from dy2static.staging.instances import copied_within
from dy2static.staging.lists import StageableList
from dy2static.staging.made import fields_of, is_plain
from dy2static.staging.one_shot import OneShot
from dy2static.staging.optional import is_none, kind_of, maybe_none, present
from dy2static.staging.staged import current, the_stager
from dy2static.staging.stager import Stager

COPYING: Final[tuple[Any, ...]] = (copy.copy, copy.deepcopy, dataclasses.replace)
"""Functions that make new objects."""


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
    staged_meaning = _builtin(function)
    if any(isinstance(arg, OneShot) for arg in args) and _takes_all(function):
        drained = Generator if staged_meaning else OneShot
        args = tuple(arg.drained() if isinstance(arg, drained) else arg for arg in args)
    if staged_meaning is not None:
        return staged_meaning(stager, *args, **kwargs)
    if isinstance(function, MethodDescriptorType) and args and isinstance(args[0], (list, dict, set, deque)):
        return call(_bound(function, args[0]), *args[1:], **kwargs)
    if isinstance(function, WrapperDescriptorType) and args and function.__name__ in STORES:
        return call(function.__get__(args[0]), *args[1:])
    if isinstance(function, FunctionType) and args and function.__name__ in STORES and is_library(home_of(function)):
        return call(function.__get__(args[0]), *args[1:])
    in_python = written_out(function, args, kwargs.values())
    if in_python is not None:
        return call(in_python, *args, **kwargs)
    in_graph = reading_by_text(stager, function) or writing_to_stream(stager, function)
    if in_graph is not None:
        return in_graph(*args, **kwargs)
    note_read(stager, function, args)
    note_question(stager, function, args, kwargs)
    random_calls.check(stager, function, args, kwargs)
    logger = logging_calls.logger_of(function)
    if logger is not None:
        return logging_calls.log(stager, logger, function.__name__, args, kwargs)
    if type(function) is BuiltinFunctionType and math_functions.takes(function, args):
        return math_functions.in_graph(stager, function, args, kwargs)
    if isinstance(function, np.ufunc) or kwargs.get("out") is not None or _is_of_library(function):
        note_arrays(stager, function, args, kwargs)
    if isinstance(function, BuiltinMethodType | MethodWrapperType):
        of_text = method_of_text(function)
        if of_text is not None:
            return of_text(function.__self__, *args, **kwargs)
        if args:
            check_key(function.__self__, args[0])
        outside_world.check(stager, function, args, kwargs)
        note_change(stager, function, args, kwargs)
        return outside_world.note(stager, function, function(*args, **kwargs))
    target = converted(function)
    if target is not None:
        ask_for_items_of(function)
        return stager.calls.run(target, args, kwargs)
    if type(function) is functools.partial:  # of a function that runs as it is
        partial = cast("functools.partial[Any]", function)
        return call(partial.func, *partial.args, *args, **{**partial.keywords, **kwargs})
    outside_world.check(stager, function, args, kwargs)
    if isinstance(function, MethodType) and is_written_in_python(function.__self__):
        return noting_parts(stager, function.__self__, lambda: function(*args, **kwargs))
    if isinstance(function, MethodType) and function.__name__ in STORES:
        note_change(stager, function, args, kwargs)
        return function(*args, **kwargs)
    if isinstance(function, MethodType) and isinstance(owner := cast(Any, function.__self__), dict):
        return noting(stager, cast("dict[Any, Any]", owner), lambda: function(*args, **kwargs))
    if isinstance(function, type) and (initialise := _own_init(function)) is not None:
        return _instance(stager, function, initialise, args, kwargs)
    if _is_of_library(function):
        args = tuple(map(_callback, args))
        kwargs = {name: _callback(value) for name, value in kwargs.items()}
    if function in COPYING and args:
        for inner in copied_within(args[0]) if function is copy.deepcopy else args[:1]:
            _note_attributes(stager, inner)
    made = function(*args, **kwargs)
    if isinstance(function, type):
        ask_for_items(made)
    if isinstance(function, type) and function.__module__ == "itertools":
        return Pulled(made)
    if function in COPYING or (isinstance(function, type) and _makes_instances(function)):
        stager.cells.made(made)
        if function not in COPYING:
            _fill_own_lists(made, (*args, *kwargs.values()))
    elif isinstance(function, type):  # its `__new__` may give an object that was there
        stager.cells.born(made)
    if function is copy.deepcopy:
        for inner in copied_within(made):
            stager.cells.made(inner)
    random_calls.note(stager, function, made)
    return outside_world.note(stager, function, made)


def _note_attributes(stager: Stager, value: Any) -> None:
    """Note that all attributes of an object are read, if it is one of a plain class."""
    if not is_plain(cast("type[Any]", type(value))):
        return
    if hasattr(value, "__dict__"):
        stager.note_asked(value, None)
    for name in fields_of(value).keys() - getattr(value, "__dict__", {}).keys():  # slots
        stager.note_asked(value, name)


def _is_by_cases(function: Any) -> bool:
    """Whether a function has no meaning of its own for what may be None: one of Python's, of a module."""
    if function is divmod or function is copy.copy or function is copy.deepcopy:
        return True
    is_of_module = type(function) is BuiltinFunctionType and isinstance(function.__self__, ModuleType)
    return is_of_module and _builtin(function) is None


def _by_cases(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A call with an argument that may be None: one with None, or one with the value."""
    at = next(i for i, arg in enumerate(args) if maybe_none(arg) is not None)

    def called(arg: Any) -> Any:
        try:
            return call(function, *args[:at], arg, *args[at + 1 :], **kwargs)
        except TypeError as error:
            the_stager().raise_in_graph(TypeError, error.args)

    return if_expr(is_none(args[at]), lambda: called(None), lambda: called(present(args[at], "TypeError", "")))


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


def _fill_own_lists(made: Any, passed: Sequence[Any]) -> None:
    """The lists and queues that a dataclass has made for fields with a `default_factory` become those of converted
    code, which can change in the graph, as those that an `__init__` of the user's makes."""
    if not dataclasses.is_dataclass(made) or hasattr(made, "__post_init__"):
        return
    for field in dataclasses.fields(made):
        held: Any = getattr(made, field.name, None)
        if field.default_factory is dataclasses.MISSING or any(held is x for x in passed):
            continue
        if field.default_factory is list and type(held) is list:
            object.__setattr__(made, field.name, list_([]))
        elif type(held) is deque:
            object.__setattr__(made, field.name, call(deque, list(cast("deque[Any]", held)), held.maxlen))


def _own_init(cls: type[Any]) -> Callable[..., Any] | None:
    """The converted `__init__` of a user's class whose instances are made the usual way; None for other classes."""
    found: Any = cls.__init__
    if not _makes_instances(cls) or not isinstance(found, FunctionType):
        return None
    return converted(found) if has_source(found) else None


def _makes_instances(cls: type[Any]) -> bool:
    """Whether a call of the class makes a new instance, as that of most classes."""
    return type(cls).__call__ is type.__call__ and not isinstance(cls.__new__, FunctionType)


def _instance(
    stager: Stager, cls: type[Any], initialise: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    made = cls.__new__(cls, *args, **kwargs)
    stager.cells.made(made)
    stager.calls.run(initialise, (made, *args), kwargs)
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


def _bound(method: MethodDescriptorType, owner: Any) -> Callable[..., Any]:
    """`list.append` as a method of this list: that of converted code has its own."""
    return getattr(owner, method.__name__) if type(owner) is StageableList else method.__get__(owner)


def _takes_all(function: Any) -> bool:
    """Whether a builtin takes all the values of a generator before it does anything else that one could see."""
    if isinstance(function, BuiltinMethodType):
        return not isinstance(function.__self__, ModuleType) or function in TAKE_ALL
    return isinstance(function, type) and function in TAKE_ALL


TAKE_ALL = (dict, frozenset, list, max, min, set, sorted, sum, tuple)
