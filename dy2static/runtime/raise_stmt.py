"""`raise`, now or when the graph runs."""

import builtins
from typing import Any

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.staged import current
from dy2static.staging.text import StagedText


def raise_(error: Any, cause: Any = None) -> None:
    """`raise error from cause`. In a branch or loop of the graph it is raised when the graph runs and gets there."""
    stager = current()
    if stager is None or stager.builder is stager.root:
        if cause is not None:
            raise error from cause
        raise error
    kind: type = error if isinstance(error, type) else type(error)
    arguments: tuple[Any, ...] = () if isinstance(error, type) else error.args
    if getattr(builtins, kind.__name__, None) is not kind or len(arguments) > 1:
        raise StagingError(
            f"`raise {kind.__name__}` under a test of the graph: only built-in exceptions with at most one argument "
            "can be raised there",
            next_step="raise a built-in exception with one message.",
            loc=user_location(),
        )
    stager.builder.loc = user_location()
    text = StagedText.of(arguments[0]) if arguments else None
    stager.builder.fail(
        *(text.values if text else ()),
        error=kind.__name__,
        parts=tuple(text.parts) if text else (),
        forms=tuple(text.forms) if text else (),
    )
