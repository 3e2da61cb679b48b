"""What callables and views hold, and what callables read: the names in the code of those that run as they are."""

import functools
import gc
import types
from collections import deque
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.staging.objects.by_identity import of_class

CONTAINERS: Final = (list, dict, set, deque)
ADDING: Final = frozenset({"add", "append", "appendleft", "extend"})
"""Methods of Python's containers that do not look at what is in them."""
VIEWS: Final = (KeysView, ValuesView, ItemsView, types.MappingProxyType)
"""What shows the items of a dict."""


def held_by(value: Any) -> Iterator[tuple[Any, str]]:
    """What is reached through a callable or a view without a name: the object of a method, the arguments of a partial,
    the dict of a view; each with how it is got at."""
    marked: Any = getattr(value, "__dict__", {}).get("__dy2static_function__")
    if marked is not None:
        yield marked, ""
    elif isinstance(value, types.MethodType):
        yield value.__self__, ".__self__"
        yield value.__func__, ""
    elif isinstance(value, functools.partial):
        partial = cast("functools.partial[Any]", value)
        yield partial.func, ".func"
        yield partial.args, ".args"
        yield partial.keywords, ".keywords"
    elif isinstance(value, VIEWS) and type(cast(Any, value)).__module__ == "builtins":
        yield gc.get_referents(cast(Any, value))[0], ""
    elif isinstance(value, types.BuiltinMethodType | types.MethodWrapperType) and value.__name__ not in ADDING:
        owner: Any = value.__self__
        if isinstance(owner, CONTAINERS):
            yield owner, ".__self__"


def shown_by(value: Any) -> str | None:
    """The attribute of an object of Python's own by which one gets at what it holds; None for other objects."""
    return "obj" if isinstance(value, memoryview) else "args" if isinstance(value, BaseException) else None


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
