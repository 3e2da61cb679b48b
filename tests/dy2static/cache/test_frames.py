"""Frames of deep calls in one chunk of memory."""

import inspect
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache import cache
from dy2static.cache.frames import WORDS, in_one_chunk


@in_one_chunk
def sum_to(n: int, *, begin: int = 0) -> int:
    """Adds up."""
    if n < 0:
        raise ValueError(n)
    return begin if n == 0 else n + sum_to(n - 1, begin=begin)


def largest_frame() -> int:
    frame, most = inspect.currentframe(), 0
    while frame is not None:
        frame, most = frame.f_back, max(most, frame.f_code.co_stacksize)
    return most


def test_calls_are_those_of_the_function() -> None:
    assert sum_to(20) == 210
    assert sum_to(3, begin=1) == 7
    assert (sum_to.__name__, sum_to.__doc__) == ("sum_to", "Adds up.")


def test_errors_come_through() -> None:
    with pytest.raises(ValueError, match="-1"):
        sum_to(-1)


def test_a_frame_that_asks_for_the_chunk_stands_around_the_function() -> None:
    assert largest_frame() < WORDS
    assert in_one_chunk(largest_frame)() >= WORDS


def test_staging_is_such_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    stage = cache.stage

    def noting(*args: Any, **kwargs: Any) -> Any:
        found.append(largest_frame())
        return stage(*args, **kwargs)

    monkeypatch.setattr(cache, "stage", noting)
    to_static(lambda x: x + 1)(xp.asarray(1.0))
    assert found
    assert min(found) >= WORDS
