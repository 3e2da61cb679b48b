"""`raise`, now or when the graph runs."""

from typing import Any, Final, NoReturn, cast

from dy2static.staging.failures.caught import Caught
from dy2static.staging.failures.exceptions import is_staged_part
from dy2static.staging.failures.never import RaisedInGraph, must_come_later, raise_error_in_graph
from dy2static.staging.values.staged import current

NOTHING: Final = object()
"""No `from`."""


def raise_(error: Any, cause: Any = NOTHING) -> None:
    """`raise error from cause`. Where the graph decides whether it comes to this, and where a run does something before
    it, the exception is raised when the graph runs and gets there."""
    stager = current()
    if isinstance(error, Caught):
        _raise_caught(error)
    if stager is not None and _is_exception_class(error):
        error = error()
    is_the_programs = isinstance(error, Exception | SystemExit)
    is_later = stager is not None and is_the_programs and (must_come_later(stager) or _is_staged(error))
    if stager is None or not is_later:
        if cause is NOTHING:
            raise error
        raise error from cause
    raise_error_in_graph(stager, error, cause if cause is not NOTHING else None)


def _is_exception_class(error: Any) -> bool:
    return isinstance(error, type) and issubclass(error, BaseException)


def _is_staged(error: BaseException) -> bool:
    """Whether something in an exception is known only when the graph runs."""
    return any(map(is_staged_part, (*error.args, *vars(error).values())))


def raise_again() -> None:
    """A bare `raise`: the exception that is being handled."""
    stager = current()
    handled = stager.handling[-1] if stager is not None and stager.handling else None
    if isinstance(handled, Caught):
        _raise_caught(handled)
    if handled is not None:
        raise_(handled)
    raise  # called where an exception is being handled, or fails as it would there


def _raise_caught(error: Caught) -> NoReturn:
    error.raise_again()
    raise RaisedInGraph from cast(Any, None)
