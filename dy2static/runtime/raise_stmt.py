"""`raise`, now or when the graph runs."""

import builtins
from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.never import must_come_later, raise_in_graph
from dy2static.staging.staged import StagedTensor, current
from dy2static.staging.text import StagedText


def raise_(error: Any, cause: Any = None) -> None:
    """`raise error from cause`. Where the graph decides whether it comes to this, and where a run does something before
    it, the exception is raised when the graph runs and gets there."""
    stager = current()
    kind: type = error if isinstance(error, type) else type(error)
    arguments: tuple[Any, ...] = () if isinstance(error, type) else error.args
    if stager is None or not (must_come_later(stager) or any(map(_is_staged, arguments))):
        if cause is not None:
            raise cast(Exception, error) from cause
        raise cast(Exception, error)
    if getattr(builtins, kind.__name__, None) is not kind or len(arguments) > 1:
        raise StagingError(
            f"`raise {kind.__name__}` under a test of the graph: only built-in exceptions with at most one argument "
            "can be raised there",
            next_step="raise a built-in exception with one message.",
            loc=user_location(),
        )
    raise_in_graph(stager, kind, arguments)


def _is_staged(value: Any) -> bool:
    return isinstance(value, StagedText | StagedTensor)
