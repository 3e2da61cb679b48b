"""The switch between static and eager: static functions can run as the plain Python that they were made of."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_EAGERLY: Final[ContextVar[bool | None]] = ContextVar("dy2static.run_eagerly", default=None)
_settings = {"run_eagerly": False}


@contextmanager
def run_eagerly(enabled: bool = True) -> Generator[None]:
    """Inside, static functions of this context run as plain Python: for print, pdb and comparison."""
    token = _EAGERLY.set(enabled)
    try:
        yield
    finally:
        _EAGERLY.reset(token)


def set_run_eagerly(enabled: bool) -> None:
    """The same for the whole process, where no `run_eagerly()` says otherwise."""
    _settings["run_eagerly"] = enabled


def is_running_eagerly() -> bool:
    """Whether static functions run as plain Python now."""
    here = _EAGERLY.get()
    return _settings["run_eagerly"] if here is None else here
