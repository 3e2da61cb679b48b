"""How long calls take, side by side."""

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

BUDGET: Final = 0.4
"""Seconds spent on measuring one function."""
ROUNDS: Final = 15


def seconds_per_call(calls: Sequence[Callable[[], Any]]) -> list[float]:
    """For each function the best mean of several rounds, after calls to warm up.

    What disturbs a round only makes it longer; functions take turns, so that a slow moment of the machine meets all.
    """
    counts = [_calls_per_round(call) for call in calls]
    best = [float("inf")] * len(calls)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for i, (call, count) in enumerate(zip(calls, counts, strict=True)):
                best[i] = min(best[i], _round(call, count))
    finally:
        if was_enabled:
            gc.enable()
    return best


def _calls_per_round(call: Callable[[], Any]) -> int:
    call()
    return max(1, round(BUDGET / ROUNDS / max(_round(call, 1), 1e-7)))


def _round(call: Callable[[], Any], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def microseconds(seconds: float) -> str:
    """Three digits are all that a measurement is worth."""
    value = seconds * 1e6
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
