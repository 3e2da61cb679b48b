"""How long a call takes."""

import gc
import time
from collections.abc import Callable
from typing import Any, Final

BUDGET: Final = 0.25
"""Seconds spent on measuring one function."""
ROUNDS: Final = 7


def seconds_per_call(call: Callable[[], Any]) -> float:
    """The best mean of several rounds, after a call to warm up: what disturbs a round only makes it longer."""
    call()
    start = time.perf_counter()
    call()
    once = max(time.perf_counter() - start, 1e-7)
    count = max(1, round(BUDGET / ROUNDS / once))
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return min(_round(call, count) for _ in range(ROUNDS))
    finally:
        if was_enabled:
            gc.enable()


def _round(call: Callable[[], Any], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def microseconds(seconds: float) -> str:
    """Three digits are all that a measurement is worth."""
    value = seconds * 1e6
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
