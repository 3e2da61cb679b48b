"""What nobody catches is printed without our frames: those of `eager`, which plain eager code runs into, too."""

import sys
import threading
from types import TracebackType
from typing import Any

from dy2static.debug.tracebacks import hide_ours


class Hook:
    """An exception hook that takes our frames out of the traceback, and leaves the rest to the hook before it."""

    def __init__(self, before: Any) -> None:
        self.before = before

    def __call__(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> Any:
        """As `sys.excepthook`."""
        if isinstance(error, Exception):
            hide_ours(error)
            traceback = error.__traceback__
        return self.before(kind, error, traceback)


def _in_threads(given: Any) -> None:
    if isinstance(given.exc_value, Exception):
        hide_ours(given.exc_value)
        given = threading.ExceptHookArgs((given.exc_type, given.exc_value, given.exc_value.__traceback__, given.thread))
    _BEFORE(given)


_BEFORE = threading.excepthook


def install() -> None:
    """Have exceptions that nobody catches printed so, in this process; once."""
    if not isinstance(sys.excepthook, Hook):
        sys.excepthook = Hook(sys.excepthook)
    threading.excepthook = _in_threads
