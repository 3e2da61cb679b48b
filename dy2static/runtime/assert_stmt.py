"""`assert`, checked now or on every run of the graph."""

from collections.abc import Callable
from typing import Any

from dy2static.runtime.raise_stmt import raise_
from dy2static.staging.locate import user_location
from dy2static.staging.staged import current
from dy2static.staging.stager import is_staged_value
from dy2static.staging.text import StagedText


def assert_(test: Callable[[], Any], message: Callable[[], Any] | None = None) -> None:
    """`assert test, message`; the message is evaluated only on failure, or in the graph beside the check."""
    value = test()
    stager = current()
    if stager is not None and is_staged_value(value):
        stager.builder.loc = user_location()
        text = StagedText.of(message()) if message is not None else None
        stager.builder.check(
            stager.truth(value),
            *(text.values if text else ()),
            error="AssertionError",
            parts=tuple(text.parts) if text else (),
            forms=tuple(text.forms) if text else (),
        )
        return
    if value:
        return
    if message is None:
        raise_(AssertionError)
    else:
        raise_(AssertionError(message()))
