"""Which frames are shown: of what nobody catches those of `eager` too, which plain eager code runs into.

A call of a static function takes our frames out by itself. Plain eager code has no such place: there it takes the
interpreter's exception hooks, which are replaced where somebody asks for it, and never on import.
"""

import sys
import threading
from contextvars import Token
from types import TracebackType
from typing import Any

from dy2static.debug.tracebacks import EVERYWHERE, FULL, hide_ours


class full_tracebacks:  # noqa: N801 (used as a function, and in `with`)
    """Show the frames of dy2static in tracebacks, too: from the call on, or within a `with` block (of this context).

    `full_tracebacks(False)` hides them again, and has the interpreter's exception hooks hide those of `eager` in what
    plain eager code raises and nobody catches.
    """

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled
        self._before = EVERYWHERE["full"]
        self._token: Token[bool | None] | None = None
        EVERYWHERE["full"] = enabled
        if not enabled:
            _install()

    def __enter__(self) -> None:
        EVERYWHERE["full"] = self._before
        self._token = FULL.set(self._enabled)

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            FULL.reset(self._token)


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


class ThreadHook:
    """The same for threads."""

    def __init__(self, before: Any) -> None:
        self.before = before

    def __call__(self, given: Any) -> Any:
        """As `threading.excepthook`."""
        if isinstance(error := given.exc_value, Exception):
            hide_ours(error)
            given = threading.ExceptHookArgs((given.exc_type, error, error.__traceback__, given.thread))
        return self.before(given)


def _install() -> None:
    """Put our hooks before those that are there; once."""
    if not isinstance(sys.excepthook, Hook):
        sys.excepthook = Hook(sys.excepthook)
    if not isinstance(threading.excepthook, ThreadHook):
        threading.excepthook = ThreadHook(threading.excepthook)
