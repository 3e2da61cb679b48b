"""`if`: one branch runs, in Python or as a `cond` of the graph."""

from collections.abc import Callable
from typing import Any

from dy2static.staging.regions.branch import staged_if
from dy2static.staging.stager import is_staged_value
from dy2static.staging.values.staged import current


def if_(
    test: Any,
    then: Callable[..., Any],
    orelse: Callable[..., Any] | None,
    inputs: tuple[Any, ...],
    names: tuple[str, ...],
) -> tuple[Any, ...]:
    """Run the branch that `test` chooses on `inputs`; returns the values of the output `names`. Without an `orelse`
    these are the first of the inputs, where the test is false."""
    stager = current()
    if stager is not None and is_staged_value(test := stager.test_of(test)):
        return staged_if(stager, test, then, orelse or _first(len(names)), inputs, names)
    if test:
        return then(*inputs)
    return inputs[: len(names)] if orelse is None else orelse(*inputs)


def _first(count: int) -> Callable[..., tuple[Any, ...]]:
    """What comes of an `else` that is not there."""
    return lambda *inputs: inputs[:count]
