"""Names that are unbound on some path."""

from typing import Any

from dy2static.staging.maybe import MaybeDefined
from dy2static.staging.undefined import Undefined as Undefined


def read(value: Any, name: str) -> Any:
    """The value of a name that may be unbound; UnboundLocalError, as Python raises it, when it is.

    Where the graph decides, the check is made each time that the graph runs past this place.
    """
    if isinstance(value, Undefined):
        raise UnboundLocalError(unbound_text(name))
    if isinstance(value, MaybeDefined):
        return value.read(name, unbound_text(name))
    return value


def read_free(value: Any, name: str) -> Any:
    """The same for a name that belongs to a function around: NameError, in Python's words."""
    if isinstance(value, Undefined):
        raise NameError(free_text(name))
    if isinstance(value, MaybeDefined):
        return value.read(name, free_text(name), "NameError")
    return value


def free_text(name: str) -> str:
    return f"cannot access free variable {name!r} where it is not associated with a value in enclosing scope"


def unbound_text(name: str) -> str:
    """Python's words."""
    return f"cannot access local variable {name!r} where it is not associated with a value"
