"""`assert`, checked now or on every run of the graph."""

from collections.abc import Callable
from typing import Any

from dy2static.runtime.if_stmt import if_
from dy2static.runtime.raise_stmt import raise_
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.staged import current
from dy2static.staging.values.text import StagedText


def assert_(test: Callable[[], Any], message: Callable[[], Any] | None = None) -> None:
    """`assert test, message`; the message is evaluated only on failure."""
    value = test()
    stager = current()
    if stager is not None and is_staged_value(value := stager.test_of(value)):
        _in_graph(stager, value, message)
    elif not value:
        _fail(message)


def _fail(message: Callable[[], Any] | None) -> None:
    if message is None:
        raise_(AssertionError)
    else:
        raise_(AssertionError(message()))


def _in_graph(stager: Stager, value: Any, message: Callable[[], Any] | None) -> None:
    """One `check` op; a `cond` where the message takes ops of its own."""

    def passed() -> tuple[()]:
        return ()

    def failed() -> tuple[()]:
        _fail(message)
        return ()

    text = StagedText() if message is None else _known_text(stager, message)
    if text is None:
        if_(value, passed, failed, (), ())
        return
    stager.builder.loc = user_location()
    forms = tuple(text.forms)
    parts = () if message is None else tuple(text.parts)
    truth = stager.truth(value)
    stager.builder.check(truth, *text.values, error="AssertionError", parts=parts, forms=forms)
    stager.assume(stager.told(truth, True))


def _known_text(stager: Stager, message: Callable[[], Any]) -> StagedText | None:
    """The text of a message that is made of what is there already, without an op or a change of anything."""
    count = len(stager.builder.ops)
    with stager.trial() as trial:
        try:
            text = StagedText.of(message())
        except Exception:
            text = None
        if trial.changes or len(stager.builder.ops) > count:
            text = None
    return text
