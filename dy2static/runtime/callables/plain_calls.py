"""Calls of what runs as it is, C code and libraries: what they read, change and make is noted."""

import contextlib
import copy
import dataclasses
import functools
from collections import deque
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, BuiltinMethodType, FunctionType, MethodType, MethodWrapperType
from typing import Any, Final, cast

import numpy as np

from dy2static.converters.allow import is_library
from dy2static.runtime.callables import outside_world, random_calls
from dy2static.runtime.callables.changed_by_call import STORES, changed_by, note_arrays
from dy2static.runtime.callables.converted import converted, home_of
from dy2static.runtime.callables.handed_over import hand_over
from dy2static.runtime.callables.noted import is_written_in_python, noting, noting_parts
from dy2static.runtime.callables.pulled import pulled
from dy2static.runtime.callables.told import MEMO
from dy2static.runtime.identity import check_key
from dy2static.runtime.list_display import list_
from dy2static.runtime.missing_keys import ask_for_items
from dy2static.source.load import has_source
from dy2static.staging.objects.instances import copied_within
from dy2static.staging.objects.made import fields_of, is_plain
from dy2static.staging.stager import Stager

AGAIN: Final = "_recreate_cm"
"""By this method a manager that decorates a function makes another one for a call, which enters it."""
COPYING: Final[tuple[Any, ...]] = (copy.copy, copy.deepcopy, dataclasses.replace)
"""Functions that make new objects."""


def call_as_it_is(stager: Stager, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`function(*args, **kwargs)`, which is nothing that conversion knows of.

    Raises: StagingError for a call whose effects a graph cannot have.
    """
    return pulled(_called(stager, function, args, kwargs), args)


def _called(stager: Stager, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if type(function) is functools.partial:
        partial = cast("functools.partial[Any]", function)
        return stager.call(partial.func, (*partial.args, *args), {**partial.keywords, **kwargs})
    if isinstance(function, np.ufunc) or kwargs.get("out") is not None or _is_of_library(function):
        note_arrays(stager, function, args, kwargs)
    outside_world.check(stager, function, args, kwargs)
    if (home := _library_of(function)) is not None:
        owner = getattr(function, "__self__", None)
        hand_over(stager, home, (*(() if function.__name__ == AGAIN else (owner,)), *args, *kwargs.values()))
    if function is object.__new__:
        made = object.__new__(*args, **kwargs)
        stager.cells.made(made)
        return made
    if isinstance(function, BuiltinMethodType | MethodWrapperType):
        if function.__name__ == "__call__" and isinstance(cls := cast(Any, function.__self__), type):
            return _instance(stager, cls, args, kwargs)
        if args:
            check_key(function.__self__, args[0])
        return outside_world.note(stager, function, changed_by(stager, function, args, kwargs))
    if isinstance(function, MethodType):
        owner = cast(Any, function.__self__)
        if is_written_in_python(owner):
            if home == contextlib.__name__:  # what it is given is called when it is left
                args = tuple(_called_later(stager, arg) for arg in args)
            return noting_parts(stager, owner, lambda: function(*args, **kwargs))
        if function.__name__ in STORES:
            return changed_by(stager, function, args, kwargs)
        if isinstance(owner, dict):
            return noting(stager, cast("dict[Any, Any]", owner), lambda: function(*args, **kwargs))
    if _is_of_library(function):
        args = tuple(map(_callback, args))
        kwargs = {name: _callback(value) for name, value in kwargs.items()}
    if isinstance(function, type):
        return _call_class(stager, function, args, kwargs)
    made = _copy(stager, function, args, kwargs) if function in COPYING else function(*args, **kwargs)
    if type(made) is MEMO:
        stager.cells.born(made)
    random_calls.note(stager, function, made)
    return outside_world.note(stager, function, made)


def _call_class(stager: Stager, cls: type[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the class of a class says that its call gives: a new instance, as a rule."""
    called: Any = type(cls).__call__
    if isinstance(called, FunctionType) and (own := _of_user(called)) is not None:
        return stager.calls.run(own, (cls, *args), kwargs)
    return _instance(stager, cls, args, kwargs)


def _instance(stager: Stager, cls: type[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An instance, made by converted code where its `__new__` or `__init__` is the user's."""
    new: Any = cls.__new__
    if isinstance(new, FunctionType) and (own := _of_user(new)) is not None:
        made = stager.calls.run(own, (cls, *args), kwargs)
        initialise: Any = type(made).__init__
        if isinstance(made, cls) and initialise is not object.__init__:
            stager.call(initialise, (made, *args), kwargs)
        return made
    if (initialise := _own_init(cls)) is not None:
        made = cls.__new__(cls, *args, **kwargs)
        stager.cells.made(made)
        stager.calls.run(initialise, (made, *args), kwargs)
        return made
    is_new = _makes_instances(cls)
    if is_new and dataclasses.is_dataclass(cls) and hasattr(cls, "__post_init__"):  # which may be converted
        made: Any = object.__new__(cls)
        stager.cells.made(made)
        made.__init__(*args, **kwargs)
    else:
        made = cls(*args, **kwargs)
    ask_for_items(made)
    if is_new:
        stager.cells.made(made)
        _fill_own_lists(stager, made, (*args, *kwargs.values()))
    else:  # its `__new__` may give an object that was there
        stager.cells.born(made)
    random_calls.note(stager, cls, made)
    return outside_world.note(stager, cls, made)


def _copy(stager: Stager, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of one of the functions that copy: all attributes are read, and what it gives is made here."""
    is_deep = function is copy.deepcopy
    if args:
        for inner in copied_within(args[0]) if is_deep else args[:1]:
            _note_attributes(stager, inner)
    made = function(*args, **kwargs)
    stager.cells.made(made)
    if is_deep:
        for inner in copied_within(made):
            stager.cells.made(inner)
    return made


def _note_attributes(stager: Stager, value: Any) -> None:
    """Note that all attributes of an object are read, if it is one of a plain class."""
    if not is_plain(cast("type[Any]", type(value))):
        return
    if hasattr(value, "__dict__"):
        stager.note_asked(value, None)
    for name in fields_of(value).keys() - getattr(value, "__dict__", {}).keys():  # slots
        stager.note_asked(value, name)


def _own_init(cls: type[Any]) -> Callable[..., Any] | None:
    """The converted `__init__` of a user's class whose instances are made the usual way; None for other classes."""
    found: Any = cls.__init__
    return _of_user(found) if _makes_instances(cls) and isinstance(found, FunctionType) else None


def _of_user(function: FunctionType) -> Callable[..., Any] | None:
    """The converted form of a user's function that has source; None for others."""
    return converted(function) if has_source(function) else None


def _makes_instances(cls: type[Any]) -> bool:
    """Whether a call of the class makes a new instance, as that of most classes."""
    called: Any = type(cls).__call__
    is_usual = called is type.__call__ or (isinstance(called, FunctionType) and not is_library(home_of(called)))
    return is_usual and not isinstance(cls.__new__, FunctionType)


def _fill_own_lists(stager: Stager, made: Any, passed: Sequence[Any]) -> None:
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
            object.__setattr__(made, field.name, stager.call(deque, (list(cast("deque[Any]", held)), held.maxlen), {}))


def _callback(value: Any) -> Any:
    """A user's function that a library function is given runs converted there too."""
    if type(value) in (FunctionType, MethodType):
        return converted(value) or value
    return value


def _called_later(stager: Stager, value: Any) -> Any:
    """The same of any function."""
    if type(value) in (FunctionType, MethodType):
        return _callback(value)
    if type(value) not in (functools.partial, BuiltinFunctionType):
        return value

    def called(*args: Any, **kwargs: Any) -> Any:
        return stager.call(value, args, kwargs)

    return called


def _is_of_library(function: Any) -> bool:
    return is_library(getattr(function, "__module__", None) or "")


def _library_of(function: Any) -> str | None:
    """The module of a library's function that is written in Python, or of a class of one; None for others."""
    inner = function.__func__ if isinstance(function, MethodType) else function
    if not isinstance(inner, FunctionType | type):
        return None
    home = home_of(inner) if isinstance(inner, FunctionType) else inner.__module__
    return home if is_library(home) else None
