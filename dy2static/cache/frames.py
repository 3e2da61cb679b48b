"""Room for the frames of deep calls while a function is staged.

Python keeps the frames of a thread in chunks of 16 KiB, maps one when the last is full, and hands it back as soon as
the first frame in it returns. Where the edge of a chunk falls into a busy part of the code, each call there maps and
clears memory: a third of the time that nested loops take to stage, and two thirds of some. Staging recurses as deep as
blocks nest, so it crosses edges; a frame that asks for a large chunk and leaves the rest of it to the others spares it
(`push_chunk` in CPython's `pystate.c`).
"""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

WORDS: Final = 70_000
"""What the frame asks for, in words of 8 bytes: its chunk is 1 MiB, the next power of two, and the rest is free."""


def _call(function: Callable[..., R], *args: object, **kwargs: object) -> R:
    return function(*args, **kwargs)


_call_in_chunk = cast(
    "Callable[..., object]", FunctionType(_call.__code__.replace(co_stacksize=WORDS), globals(), "_call_in_chunk")
)


def in_one_chunk(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, the frames of whose calls stand in one chunk of memory, up to some thousands."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return cast("R", _call_in_chunk(function, *args, **kwargs))

    return call
