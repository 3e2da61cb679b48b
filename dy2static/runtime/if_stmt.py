"""`if`: one branch runs, in Python or as a `cond` of the graph."""

from collections.abc import Callable
from typing import Any

from dy2static.staging.branch import staged_if
from dy2static.staging.staged import current
from dy2static.staging.stager import is_staged_value


def if_(
    test: Any, then: Callable[..., Any], orelse: Callable[..., Any], inputs: tuple[Any, ...], names: tuple[str, ...]
) -> tuple[Any, ...]:
    """Run the branch that `test` chooses on `inputs`; returns the values of the output `names`."""
    stager = current()
    if stager is not None and is_staged_value(test := stager.test_of(test)):
        return staged_if(stager, test, then, orelse, inputs, names)
    return then(*inputs) if test else orelse(*inputs)
