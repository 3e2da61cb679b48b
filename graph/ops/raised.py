"""Exception classes by name: ops say in their attributes what they raise and catch.

A built-in class goes by its name; a user's as "module:Class(ValueError)", with the built-in class that it derives from,
which is raised in its place where the class itself is not there.
"""

import builtins
from typing import Any, cast

import numpy as np


def name_of(kind: type) -> str:
    """The name of an exception class. Classes of one name inside a function are told apart by a number."""
    if getattr(builtins, kind.__name__, None) is kind:
        return kind.__name__
    base = next(b.__name__ for b in kind.__mro__ if getattr(builtins, b.__name__, None) is b)
    number = f"#{id(kind)}" if "<locals>" in kind.__qualname__ else ""
    return f"{kind.__module__}:{kind.__qualname__}{number}({base})"


def class_of(name: str) -> Any:
    """The exception class of a name; None for a text that is none."""
    _, is_own, base = name.partition("(")
    builtin: Any = getattr(builtins, base.rstrip(")") if is_own else name, None)
    if not (isinstance(builtin, type) and issubclass(builtin, BaseException)):
        return None
    found = [kind for kind in derived(builtin) if name_of(kind) == name] if is_own else []
    return found[-1] if found else builtin


def derived(kind: type) -> list[type]:
    """The classes that derive from one, directly or not, in the order in which they were made."""
    return [found for inner in kind.__subclasses__() for found in (inner, *derived(inner))]


def names_of(error: BaseException) -> list[str]:
    """The names of the classes that an exception is of, its own first."""
    return [name_of(kind) for kind in type(error).__mro__ if issubclass(kind, BaseException)]


def code_of(error: BaseException, errors: tuple[str, ...]) -> int:
    """The place of the nearest class of an exception among `errors`, from 1; 0 where there is none."""
    return next((errors.index(name) + 1 for name in names_of(error) if name in errors), 0)


def text_of_error(error: BaseException) -> str:
    """`str(error)`, without the place that errors of ours add."""
    return str(cast(Any, error).what if hasattr(error, "what") else error)


def made(kind: Any, args: tuple[Any, ...], fields: dict[str, Any]) -> BaseException:
    """An exception as unpickling makes one: its `__init__` has run already."""
    error = kind.__new__(kind, *args)
    error.args = args
    for name, value in fields.items():
        setattr(error, name, value)
    return error


def packed(error: BaseException) -> Any:
    """An exception as bytes: its class, a zero, its message."""
    return np.frombuffer(f"{name_of(type(error))}\0{text_of_error(error)}".encode(), np.uint8)


def caught_error(text: Any) -> BaseException:
    """The exception that was packed, made anew."""
    name, _, message = bytes(text).decode().partition("\0")
    kind = class_of(name)
    if issubclass(kind, KeyError) and message[:1] in ("'", '"'):
        message = message[1:-1]  # its text is the `repr` of the key
    return made(kind, (message,) if message else (), {})
