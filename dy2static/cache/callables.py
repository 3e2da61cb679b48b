"""What callables hold and read: what they are bound to, and the names in the code of those that run as they are."""

import functools
import types
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.staging.by_identity import of_class

CONTAINERS: Final = (list, dict, set, deque)
ADDING: Final = frozenset({"add", "append", "appendleft", "extend"})
"""Methods of Python's containers that do not look at what is in them."""


def held_by(function: Any) -> Iterator[tuple[Any, str]]:
    """What a call of it reaches without a name: the object of a method, the arguments of a partial; each with how it
    is got at."""
    marked = getattr(function, "__dy2static_function__", None)
    if marked is not None:
        yield marked, ""
    elif isinstance(function, types.MethodType):
        yield function.__self__, ".__self__"
        yield function.__func__, ""
    elif isinstance(function, functools.partial):
        partial = cast("functools.partial[Any]", function)
        yield partial.func, ".func"
        yield partial.args, ".args"
        yield partial.keywords, ".keywords"
    elif isinstance(owner := getattr(function, "__self__", None), CONTAINERS) and function.__name__ not in ADDING:
        yield cast(Any, owner), ".__self__"


NOT_CALLED: Final = frozenset(
    f"__{name}__"
    for name in (
        *("init", "new", "del", "init_subclass", "set_name", "class_getitem", "call", "post_init"),
        *("getstate", "setstate", "reduce", "reduce_ex", "copy", "deepcopy"),
    )
)
"""Special methods that staged code does not run, or runs converted."""


def operators(cls: type) -> list[types.FunctionType]:
    """The special methods of a user's class, which run as they are."""
    return [
        found
        for base in cls.__mro__
        if base is not object and not is_library(base.__module__)
        for name, found in vars(base).items()
        if name.startswith("__") and name.endswith("__") and name not in NOT_CALLED
        if isinstance(found, types.FunctionType)
    ]


def computing(member: Any) -> list[types.FunctionType]:
    """The functions that run, as they are, when a member of a class is read: those of a property or descriptor."""
    if isinstance(member, types.FunctionType | staticmethod | classmethod):
        return []
    candidates: list[Any] = [getattr(member, name, None) for name in ("fget", "func")]
    candidates.append(getattr(cast("type[Any]", type(member)), "__get__", None))
    return [found for found in candidates if isinstance(found, types.FunctionType)]


@of_class
def library_names(cls: type) -> frozenset[str]:
    """The names that methods of `cls` from the numeric libraries, which run unconverted, can read attributes by."""
    names: set[str] = set()
    for base in cls.__mro__:
        if base is not object and is_library(base.__module__):
            for found in vars(base).values():
                if isinstance(found, types.FunctionType):
                    add_names(found.__code__, names)
    return frozenset(names)


@of_class
def called_names(cls: type) -> frozenset[str]:
    """The names that a call of an object of `cls` reads, where that is a call of the numeric libraries: `forward`."""
    function = getattr(cls, "__call__", None)  # noqa: B004 - the function is wanted
    names: set[str] = set()
    if isinstance(function, types.FunctionType) and is_library(function.__module__):
        add_names(function.__code__, names)
    return frozenset(names)


ASKING: Final = frozenset({"getattr", "hasattr", "vars", "attrgetter", "__dict__", "__getattribute__"})


def add_names(code: types.CodeType, names: set[str]) -> None:
    """Add the names that code mentions, and texts that may be names of attributes."""
    names.update(code.co_names)
    if ASKING.intersection(code.co_names):
        names.update(text for text in code.co_consts if isinstance(text, str) and text.isidentifier())
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            add_names(constant, names)
