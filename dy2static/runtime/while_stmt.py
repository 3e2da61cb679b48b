"""`while`: a Python loop while its test is an ordinary value, a `while_loop` of the graph once it is staged."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from dy2static.errors import StagingError
from dy2static.runtime.rolling import Roller
from dy2static.runtime.steps import until_failed
from dy2static.staging.locate import user_place
from dy2static.staging.regions.loop import ChangingTestError, staged_while
from dy2static.staging.regions.rounds import NO_TRIP, Trip
from dy2static.staging.regions.signal import signal_of
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.staged import StagedNumber, current

TESTED: Final = "the test"


def while_(
    test: Callable[..., Any],
    body: Callable[..., Any],
    state: tuple[Any, ...],
    names: tuple[str, ...],
    counters: tuple[str, ...] = (),
) -> tuple[Any, ...]:
    """Loop; `state` holds the values of `names`, which `test` and `body` take and `body` returns anew. Of these, a trip
    changes the `counters` that are integers.

    A loop that starts on ordinary values runs in Python until a test is staged; the rest is a loop of the graph.
    """
    stager = current()
    if stager is None:
        while test(*state):
            state = body(*state)
        return state
    signal = signal_of(stager)
    if signal is not None:
        test = until_failed(stager, signal, test)
    roller = Roller(stager)
    has_exit = any(name.startswith(("did_break", "did_return")) for name in names)
    trips = 0
    while True:
        with stager.trial() as trial:
            value = stager.test_of(test(*state))
            if not is_staged_value(value):
                trial.keep()
        if not trial.is_kept:
            return _in_graph(stager, test, body, state, names, counters)
        if not value:
            return state
        if has_exit:
            is_known = any(stager.rounds.at(user_place(), n) for n in (names, (TESTED, *names)))
            trip = NO_TRIP if is_known else _trip_to_staged_exit(stager, test, body, state)
            if trip is not None:
                try:
                    return _in_graph(stager, test, body, state, names, counters, trip)
                except StagingError as error:
                    if not error.is_of_first_trip:
                        raise
        has_exit = False
        if roller.is_due():
            rolled = roller.roll(partial(_in_graph, stager, test, body, state, names, counters))
            if rolled is not None:
                return rolled
        with stager.rounds.written_out(trips):
            state = body(*state)
        trips += 1


def _in_graph(
    stager: Stager,
    test: Callable[..., Any],
    body: Callable[..., Any],
    state: tuple[Any, ...],
    names: tuple[str, ...],
    counters: tuple[str, ...],
    trip: Trip = NO_TRIP,
) -> tuple[Any, ...]:
    """The loop as one of the graph. A test that changes something is made before the loop and after each trip."""
    if stager.rounds.at(user_place(), (TESTED, *names)) is None:
        with stager.cells.variables.of(test, body), stager.trial() as trial:
            try:
                after = staged_while(stager, test, body, state, names, counters, trip)
            except ChangingTestError:
                pass
            else:
                trial.keep()
                return after

    def passes(state: tuple[Any, ...]) -> StagedNumber:
        return StagedNumber.of(stager.predicate(test(*state)))

    def goes_on(passed: StagedNumber, *_: Any) -> StagedNumber:
        return passed

    def tested(_: Any, *state: Any) -> tuple[Any, ...]:
        after = body(*state)
        return (passes(after), *after)

    return staged_while(stager, goes_on, tested, (passes(state), *state), (TESTED, *names), counters)[1:]


def _trip_to_staged_exit(
    stager: Stager, test: Callable[..., Any], body: Callable[..., Any], state: tuple[Any, ...]
) -> Trip | None:
    """What is found in one trip, if it turns the test into a staged value (`while True` with a staged `break`): then
    the whole loop goes into the graph, instead of a first trip before it. The trip is a trial; all else of it is gone.
    """
    with (
        stager.rounds.trip(NO_TRIP) as trip,
        stager.region("trial"),
        stager.cells.variables.of(test, body),
        stager.cells.frame(),
    ):
        try:
            return trip if is_staged_value(test(*body(*state))) else None
        except Exception:  # the trip that counts will raise it again
            return None
