"""Exception classes by name: ops say in their attributes what they raise and catch.

A built-in class goes by its name; a user's as "module:Class(ValueError)", with the built-in class that it derives from,
which is raised in its place where the class itself is not there.
"""

import ast
import builtins
import operator
import sys
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
    named, is_own, base = name.partition("(")
    builtin: Any = getattr(builtins, base.rstrip(")") if is_own else name, None)
    if not (isinstance(builtin, type) and issubclass(builtin, BaseException)):
        return None
    if not is_own:
        return builtin
    module, _, path = named.partition(":")
    try:
        own = operator.attrgetter(path)(sys.modules[module])
    except (AttributeError, KeyError):  # it was made within a function, or its module is not there
        own = None
    if isinstance(own, type) and issubclass(own, builtin) and name_of(own) == name:
        return own
    found = [kind for kind in derived(builtin) if name_of(kind) == name]
    return found[-1] if found else builtin


def derived(kind: type) -> list[type]:
    """The classes that derive from one, directly or not, in the order in which they were made."""
    return [found for inner in kind.__subclasses__() for found in (inner, *derived(inner))]


def names_of(error: BaseException) -> list[str]:
    """The names of the classes that an exception is of, its own first."""
    return [name_of(kind) for kind in type(error).__mro__ if issubclass(kind, BaseException)]


def code_of(error: BaseException, errors: tuple[str, ...]) -> int:
    """The place of the first among `errors` that is a class of an exception, from 1; 0 where there is none."""
    own = names_of(error)
    return next((i + 1 for i, name in enumerate(errors) if name in own), 0)


def text_of_error(error: BaseException) -> str:
    """`str(error)`, without the place that errors of ours add."""
    is_ours = hasattr(type(error), "without_place")
    return cast(Any, error).without_place() if is_ours else str(error)


def repr_of_error(error: BaseException) -> str:
    """`repr(error)`, without the place that errors of ours add."""
    is_ours = hasattr(type(error), "without_place")
    return f"{type(error).__name__}({cast(Any, error).without_place()!r})" if is_ours else repr(error)


def made(kind: Any, args: tuple[Any, ...], fields: dict[str, Any]) -> BaseException:
    """An exception as unpickling makes one: its `__init__` has run already, but for that of the built-in class, which
    makes attributes of the arguments (`SystemExit.code`, `StopIteration.value`)."""
    error = kind.__new__(kind, *args)
    next(base for base in kind.__mro__ if base.__module__ == "builtins").__init__(error, *args)
    error.args = args
    for name, value in fields.items():
        setattr(error, name, value)
    return error


class Shown(str):
    """A tensor among the arguments of an exception, as text: it is shown as the tensor is."""

    quoted: str
    """What `repr` gives."""

    def __new__(cls, text: str, quoted: str = "") -> "Shown":
        made = super().__new__(cls, text)
        made.quoted = quoted
        return made

    def __repr__(self) -> str:
        return self.quoted


def packed(error: BaseException) -> Any:
    """An exception as bytes: its class, its arguments, `repr` and `str` of the first of them, its own `repr`, and its
    message."""
    message, args = text_of_error(error), error.args
    first, shown = str(args[0]) if args else "", repr_of_error(error)
    lead = (name_of(type(error)), repr(args), repr(args[0]) if args else "", f"{len(first)} {len(shown)}")
    return np.frombuffer(("\0".join(lead) + f"\0{first}{shown}{message}").encode(), np.uint8)


def unpacked(text: Any) -> dict[str, str]:
    """What was packed, by name."""
    name, args, quoted, counts, rest = bytes(text).decode().split("\0", 4)
    first, shown = map(int, counts.split())
    message = rest[first + shown :]
    return {
        "class": name,
        "message": message,
        "args": args,
        "first": rest[:first],
        "first quoted": quoted,
        "message quoted": repr(message),
        "shown": rest[first : first + shown],
        "name": name.partition("(")[0].partition("#")[0].rpartition(":")[2].rpartition(".")[2],
        "type": repr(class_of(name)),
    }


def _literal(args: str) -> tuple[Any, ...] | None:
    """Arguments of numbers, texts and the like, from their `repr`; None of others."""
    try:
        found = ast.literal_eval(args)
    except (ValueError, SyntaxError):
        return None
    return found if repr(found) == args else None


def caught_error(text: Any) -> BaseException:
    """The exception that was packed, made anew."""
    parts = unpacked(text)
    kind, message = class_of(parts["class"]), parts["message"]
    if hasattr(kind, "of_text"):
        return kind.of_text(message)
    if (args := _literal(parts["args"])) is not None:
        return made(kind, args, {})
    first, quoted = parts["first"], parts["first quoted"]
    if parts["args"] != f"({quoted},)":  # several, of which the text is known
        return made(kind, (Shown(message, message),), {})
    return made(kind, (first if quoted == repr(first) else Shown(first, quoted),), {})
