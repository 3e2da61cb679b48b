"""Counting the programs that are made, for tests of how often a function compiles."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_COUNTED: Final[ContextVar[tuple[list[str], ...]]] = ContextVar("dy2static.compiled", default=())


def note_program(function: str, reason: str) -> None:
    """Tell whoever counts that a program was made."""
    for made in _COUNTED.get():
        made.append(f"{function}: {reason}")


@contextmanager
def assert_compiles(count: int) -> Generator[list[str]]:
    """Inside, static functions must make exactly `count` programs, in this context (thread, task).

    Yields the list that grows by one text for each: the function, and why it was made.
    Raises: AssertionError at the end, with these texts, when it was another number.
    """
    made: list[str] = []
    token = _COUNTED.set((*_COUNTED.get(), made))
    try:
        yield made
    finally:
        _COUNTED.reset(token)
    if len(made) != count:
        lines = "".join(f"\n  {i}. {text}" for i, text in enumerate(made, 1)) or " none"
        raise AssertionError(f"expected {count} program{'s' * (count != 1)} to be made, not {len(made)}:{lines}")
