"""The steps of a block inside a compound statement that stands in a `try` or `with`, and the heads of such statements.

Where the compound statement is staged finely (`staging.attempt`), what a step raises in a run is noted in a signal, and
the steps behind it do not run. Everywhere else this is the block as it is written.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dy2static.runtime.bool_ops import and_, or_
from dy2static.staging.failures.never import RaisedInGraph, is_of_the_program
from dy2static.staging.failures.raising import can_raise
from dy2static.staging.locate import user_location
from dy2static.staging.regions.attempt import Protected, run_steps, signal_values, unwatched
from dy2static.staging.regions.signal import HeadMayFailError, Signal, failing, signal_of
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.staged import StagedNumber, current

State = tuple[Any, ...]
Block = Callable[..., State]


def steps(
    blocks: Sequence[Block],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    *,
    watched: tuple[str, ...] = (),
) -> State:
    """A block as steps, which take the values of `names` and return them anew. `values` gives the values now; `watched`
    are the names that are read after an exception in the block."""
    stager = current()
    signal = signal_of(stager)
    if stager is not None and signal is not None:
        with stager.cells.variables.of(*blocks):
            return noting(stager, signal, blocks, state, names, values, watched)
    for block in blocks:
        state = block(*state)
    return state


def noting(
    stager: Stager,
    signal: Signal,
    blocks: Sequence[Block],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    watched: tuple[str, ...],
) -> State:
    """The same where failures are noted in a signal."""
    protected = Protected(stager, names, values, watched, signal.errors, user_location())
    ended = run_steps(protected, blocks, state, None)
    if ended.raised is not None and not is_of_the_program(ended.raised):
        raise ended.raised
    if ended.raised is not None or ended.text is not None:
        failed, text, *_ = signal_values(protected, ended)
        signal.put(stager, failed, text)
    return ended.state


def head(thunk: Callable[[], Any]) -> Any:
    """The test of an `if`, or the items of a `for`, that may fail."""
    stager = current()
    if stager is None or stager.failing is None:
        return thunk()
    if stager.failing.heads:
        return stager.failing.heads.pop(0)
    if stager.failing.signal is None:
        return thunk()
    found = value_that_cannot_fail(stager, thunk)
    if not found:
        raise HeadMayFailError(thunk)
    return found[0]


def value_that_cannot_fail(stager: Stager, thunk: Callable[[], Any]) -> tuple[Any, ...]:
    """A tuple of the value; an empty one, and nothing is staged, where a run may fail to make it."""
    count = len(stager.builder.ops)
    with stager.trial() as trial, unwatched(stager.builder), failing(stager):
        try:
            value = thunk()
        except RaisedInGraph:
            return ()
        if any(map(can_raise, stager.builder.ops[count:])):
            return ()
        trial.keep()
        return (value,)


def until_failed(stager: Stager, signal: Signal, test: Callable[..., Any]) -> Callable[..., Any]:
    """The test of a `while` whose trips note how they fail: false once something has failed, the test itself too."""

    def noted(*state: Any) -> Any:
        def step(_: Any) -> State:
            value = test(*state)
            return (StagedNumber.of(stager.predicate(value)) if is_staged_value(value) else value,)

        found = value_that_cannot_fail(stager, lambda: test(*state))
        if found:
            return found[0]
        around = stager.attempts.pop()
        stager.attempts.append(replace(around, watched=()))  # a test binds no names but to what the trip has left
        try:
            return noting(stager, signal, (step,), (False,), TEST, lambda: (False,), ())[0]
        finally:
            stager.attempts[-1] = around

    def goes_on(*state: Any) -> Any:
        return and_(signal.failed == 0, lambda: noted(*state))

    return goes_on


def or_failed(signal: Signal, stop: Callable[..., Any] | None) -> Callable[..., Any]:
    """What ends a `for` before a trip, with that something has failed."""

    def is_over(*state: Any) -> Any:
        return or_(signal.failed != 0, lambda: stop is not None and stop(*state))

    return is_over


TEST = ("the test",)
