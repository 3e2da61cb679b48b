"""Names that are unbound on some path."""

import builtins
from typing import Any

from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.undefined import Undefined as Undefined


def read(value: Any, name: str) -> Any:
    """The value of a name that may be unbound; UnboundLocalError, as Python raises it, when it is.

    Where the graph decides, the check is made each time that the graph runs past this place.
    """
    return read_value(value, unbound_text(name), "UnboundLocalError")


def read_free(value: Any, name: str) -> Any:
    """The same for a name that belongs to a function around: NameError, in Python's words."""
    return read_value(value, free_text(name), "NameError")


def read_value(value: Any, text: str, error: str) -> Any:
    """The value, or the built-in exception `error` with `text` where it stands for an unbound name."""
    if isinstance(value, Undefined):
        raise getattr(builtins, error)(text)
    if isinstance(value, MaybeDefined):
        return value.read(value.name, text, error)
    return value


def global_text(name: str) -> str:
    return f"name {name!r} is not defined"


def free_text(name: str) -> str:
    return f"cannot access free variable {name!r} where it is not associated with a value in enclosing scope"


def unbound_text(name: str) -> str:
    """Python's words."""
    return f"cannot access local variable {name!r} where it is not associated with a value"
