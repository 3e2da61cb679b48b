"""What code that runs as it is prints or logs while a graph is made: no run would do it again, so it is refused.

A member of a class that does so is converted then, and the function staged anew.
"""

import contextlib
import logging
import sys
from collections.abc import Callable, Generator, Iterator
from threading import Lock
from types import FrameType, MethodType
from typing import Any, Final

from dy2static.converters.allow import is_library
from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.values.staged import current

DEBUGGERS: Final = frozenset({"pdb", "bdb", "pydevd", "ipdb"})
"""They show the making of the graph, which is what they are asked for."""
NEXT: Final = "print or log in the converted function itself, or outside of it."


class _Installed:
    """Something that is installed for as long as anybody makes a graph."""

    def __init__(self, install: Callable[[], Callable[[], None]]) -> None:
        """`install` gives what takes it away again."""
        self._install = install
        self._lock = Lock()
        self._users = 0
        self._remove: Callable[[], None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._remove = self._install()
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._remove is not None:
                self._remove()


def _watch_output() -> Callable[[], None]:
    stream: Any = sys.stdout
    held = getattr(stream, "__dict__", None)
    if held is None:  # there is none, or it is one of a kind that takes no attributes
        return _do_nothing
    had, plain = held.get("write"), stream.write

    def write(_: Any, text: str) -> Any:
        _refuse_while_made("is written to standard output")
        return plain(text)

    try:
        stream.write = MethodType(write, stream)
    except (AttributeError, TypeError):
        return _do_nothing

    def remove() -> None:
        if had is None:
            del stream.write
        else:
            stream.write = had

    return remove


def _watch_logs() -> Callable[[], None]:
    plain = logging.getLogRecordFactory()

    def make(*args: Any, **kwargs: Any) -> Any:
        if not is_library(_caller_of(logging.__name__)):
            _refuse_while_made("is logged")
        return plain(*args, **kwargs)

    logging.setLogRecordFactory(make)
    return lambda: logging.setLogRecordFactory(plain) if logging.getLogRecordFactory() is make else None


def _do_nothing() -> None:
    pass


OUTPUT: Final = _Installed(_watch_output)
LOGS: Final = _Installed(_watch_logs)


@contextlib.contextmanager
def refusing_to_show() -> Generator[None]:
    """Raises: StagingError where what is staged here prints or logs itself, not in the graph."""
    with OUTPUT, LOGS:
        yield


def _refuse_while_made(what: str) -> None:
    if current() is None or _is_debugged():
        return
    raise StagingError(
        f"something {what} here by code that is not converted: it would be while the graph is made, and by no run",
        next_step=NEXT,
        loc=user_location(),
    )


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__") or ""


def _is_debugged() -> bool:
    return any(_module(frame).partition(".")[0] in DEBUGGERS for frame in _frames())


def _caller_of(module: str) -> str:
    """The module whose code has called a function of this one."""
    modules = [_module(frame) for frame in _frames() if _module(frame) != __name__]
    return next((name for name in modules if name.partition(".")[0] != module), "")
