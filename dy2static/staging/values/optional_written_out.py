"""`==` and `!=` of what may be None, which take a decision: written in Python, and converted like a user's function."""

from typing import Any

from eager.recorder import converts


@converts
def is_equal(value: Any, other: Any) -> Any:
    return value == other


@converts
def is_unequal(value: Any, other: Any) -> Any:
    return value != other
