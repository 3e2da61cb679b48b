"""Clocks, in the word language."""

import platform
import sys
import time
from typing import Final

from graph.llvm.runtime.words import External, Word, cycles, load, reserve

HAS_CYCLES: Final = platform.machine().lower() in ("x86_64", "amd64")
IS_WINDOWS: Final = sys.platform == "win32"
MONOTONIC: Final = 0 if sys.platform == "win32" else time.CLOCK_MONOTONIC
clock_gettime = External("clock_gettime", "i32(i32, i64)")
milliseconds = External("GetTickCount64", "i64()")


def nanoseconds() -> Word:
    """A clock that only goes forward."""
    if IS_WINDOWS:
        return milliseconds() * 1_000_000
    at = reserve(16)
    clock_gettime(MONOTONIC, at)
    return load(at) * 1_000_000_000 + load(at + 8)


def dy_clock() -> Word:
    """`nanoseconds`, for code that is timed."""
    return nanoseconds()


def ticks() -> Word:
    """The cheapest clock: cycles, or else nanoseconds."""
    return cycles() if HAS_CYCLES else nanoseconds()
