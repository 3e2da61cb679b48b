"""`for`: over Python iterables in Python, over tensors and staged ranges as a loop of the graph."""

from collections.abc import Callable, Collection, Iterable, Sequence, Sized
from functools import partial
from typing import Any, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.runtime.bool_ops import and_, not_, or_
from dy2static.runtime.callables.asked import asked
from dy2static.runtime.callables.outside_world import check_objects
from dy2static.runtime.callables.pulled import Pulled
from dy2static.runtime.generators import Generator, consume
from dy2static.runtime.if_stmt import if_
from dy2static.runtime.rolling import Roller, items_left, lists_of, refuse_staged, table_of
from dy2static.runtime.steps import or_failed
from dy2static.staging.containers.iterables import StagedIterable, rest_of_list, staged_iterable, staged_zip
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.containers.queues import Queue, walked
from dy2static.staging.regions.attempt import unwatched
from dy2static.staging.regions.loop import staged_for, staged_while
from dy2static.staging.regions.signal import signal_of
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.chosen_objects import are_objects, value_of
from dy2static.staging.values.staged import StagedNumber, current, the_stager
from graph.dtypes import int64

Body = Callable[..., tuple[Any, ...]]
State = tuple[Any, ...]


def for_(
    iterable: Iterable[Any] | StagedIterable,
    body: Body,
    state: State,
    names: tuple[str, ...],
    stop: Callable[..., Any] | tuple[str, ...] | None = None,
) -> State:
    """Loop; `body` takes the item and the values of `names` and returns these anew. `stop` ends it before a trip: the
    names of flags, or a test of the values of `names`."""
    if stop is not None and not callable(stop):
        stop = _any_of(*map(names.index, stop))
    stager = current()
    signal = signal_of(stager)
    until = stop if signal is None else or_failed(signal, stop)
    if are_objects(iterable):
        iterable = value_of(iterable)
    if isinstance(iterable, Generator):
        return consume(iterable, body, state, names, until)
    if stager is not None and isinstance(iterable, Queue):
        return _over_queue(stager, iterable, body, state, names, stop)
    over = None if stager is None else staged_iterable(stager, iterable)
    if stager is None or over is None:
        if stager is not None:
            check_objects(stager, "for", (iterable,))
        return _unrolled(stager, iterable, body, state, names, until)
    if over.is_mixed and isinstance(over.length, int):
        return _unrolled(stager, over.written_out(), body, state, names, until)
    if signal is not None and stop is None and not (signal.may_be_set or stager.rounds.is_known_to_fail(body)):
        with stager.trial() as trial:
            after = _in_graph(stager, over, body, state, names, None)
            if not signal.may_be_set:
                trial.keep()
                return after
        stager.rounds.note_failing(body)
    return _in_graph(stager, over, body, state, names, until)


def _any_of(place: int, *others: int) -> Callable[..., Any]:
    """Whether one of the flags at these places of the state is set."""
    return lambda *state: or_(state[place], *((lambda other=other: state[other]) for other in others))


def _in_graph(
    stager: Stager,
    over: StagedIterable,
    body: Body,
    state: State,
    names: tuple[str, ...],
    stop: Callable[..., Any] | None,
) -> State:
    if not isinstance(over.length, int):
        return _looped(stager, over, body, state, names, stop)
    if over.length == 0:
        return state
    try:
        return _looped(stager, over, body, state, names, stop)
    except StagingError as error:
        is_over = False if stop is None else stop(*state)
        if not error.is_of_first_trip or is_staged_value(is_over):
            raise
    if is_over:
        return state
    # The first trip stands before the loop, as where that sets the keys of a dict: there surely is one.
    state = body(_item(stager, over, 0), *state)
    return _in_graph(stager, over.part(1, over.length - 1), body, state, names, stop)


def _looped(
    stager: Stager,
    over: StagedIterable,
    body: Body,
    state: State,
    names: tuple[str, ...],
    stop: Callable[..., Any] | None,
) -> State:
    if stop is not None:
        return _until(stager, over, body, state, names, stop)
    if over.now is None:
        with stager.lists.walking(over.walked):
            return staged_for(stager, stager.lift(over.length), partial(_item, stager, over), body, state, names)
    return _over_lists(stager, over, body, state, names)


def _item(stager: Stager, over: StagedIterable, i: Any) -> Any:
    """The item of a trip, which is there: only where it is made by a function of the user's can that fail."""
    if over.calls:
        return over.item(i)
    with unwatched(stager.builder):
        return over.item(i)


def _over_lists(stager: Stager, over: StagedIterable, body: Body, state: State, names: tuple[str, ...]) -> State:
    """A loop of as many trips as there are items, or a `while` where the body changes how many there are."""

    def counted() -> State:
        item = partial(_item, stager, over)
        return staged_for(stager, stager.lift(over.length), item, body, state, names)

    after = _unless_disturbed(stager, body, over.walked, counted)
    return _until(stager, over, body, state, names, lambda *_: False) if after is None else after


def _over_queue(
    stager: Stager,
    queue: Queue,
    body: Body,
    state: State,
    names: tuple[str, ...],
    stop: Callable[..., Any] | None,
) -> State:
    """A loop over the items of a queue. Where it changes how many there are, the next trip asks, and raises."""
    after = _unless_disturbed(stager, body, (queue.held,), lambda: for_(queue.held, body, state, names, stop))
    if after is None:
        return for_(stager.call(walked, (queue,), {}), body, state, names, stop)
    return after


def _unless_disturbed(
    stager: Stager, body: Body, lists: Sequence[StageableList], loop: Callable[[], State]
) -> State | None:
    """What a loop that goes over these lists leaves; None where it changes how many items they have."""
    with stager.cells.variables.of(body), stager.trial() as trial, stager.lists.walking(lists) as walk:
        try:
            after = loop()
        except Exception:  # once the walk is disturbed, no error of the trial says anything
            if not walk.is_disturbed:
                raise
            return None
        trial.keep()
        return after


def _unrolled(
    stager: Stager | None,
    iterable: Any,
    body: Body,
    state: State,
    names: tuple[str, ...],
    stop: Callable[..., Any] | None,
) -> State:
    done = 0
    items = iter(iterable) if stager is None else asked(iter(iterable))
    if isinstance(items, OneShot):  # of an object whose `__iter__` is converted code
        return for_(cast("Any", items), body, state, names, stop)
    pulled = items if isinstance(items, Pulled) else None
    walked = pulled.walked if pulled else () if stager is None else lists_of(items)
    source = pulled.source if pulled else iterable
    roller = None if stager is None else Roller(stager, walked)

    def rest() -> State:
        stager = the_stager()
        if roller is not None and roller.added and isinstance(source, StageableList):
            stager.cells.touch_list(source)
            stager.lists.become_staged(source)
            return end()
        has_parts = isinstance(iterable, range | list | tuple)
        left = cast("Sequence[Any]", iterable[done:]) if has_parts else pulled.left() if pulled else items_left(items)
        item = None if isinstance(left, range) else table_of(stager, left)
        if item is None:
            over = staged_zip(stager, left)
            first = StagedIterable(over.length, lambda i: over.item(i)[0])
        else:
            first = StagedIterable(len(left), item)
        with stager.lists.walking(walked, are_fixed=True):
            return _in_graph(stager, first, body, state, names, stop)

    def end() -> State:
        if all(held.staged is None for held in walked):
            return state
        stager = the_stager()
        given = pulled.given() if pulled else done
        if not isinstance(source, StageableList):
            stager.lists.refuse_walk()
        if pulled:
            pulled.lost()
        return _in_graph(stager, rest_of_list(stager, source, given), body, state, names, stop)

    def following() -> Any:
        try:
            return next(items)
        except ValueError:  # of a strict `zip`
            refuse_staged(walked)
            raise

    def asked_perhaps() -> Any:
        """The next item, where a run decides whether it is asked for."""
        with the_stager().trial() as trial:  # what was made outside of it is not changed unnoticed
            item = following()
            trial.keep()
        return item

    def trip(item: Any, *state: Any) -> State:
        if stager is None:
            return body(item, *state)
        with stager.rounds.written_out(done):
            return body(item, *state)

    def fail(error: Exception, *_: Any) -> NoReturn:
        is_of_walk = type(error) is RuntimeError and isinstance(iterable, Collection)
        if stager is not None and is_of_walk:  # a dict or set has changed: behind what the trips before this one raise
            stager.raise_in_graph(RuntimeError, error.args)
        raise error

    if stop is None:
        while True:
            if roller is not None and roller.is_due() and (rolled := roller.roll(rest)) is not None:
                return rolled
            try:
                item = following()
            except StopIteration:
                return end()
            except RuntimeError as error:
                fail(error)
            state = trip(item, *state)
            done += 1
    is_left = False  # whether a run decides how far it went
    while True:
        if roller is not None and roller.is_due() and (rolled := roller.roll(rest)) is not None:
            return rolled
        # The next item is not asked for once the loop is over: that can have effects.
        is_over = stop(*state)
        is_staged = is_staged_value(is_over)
        is_left = is_left or is_staged
        if roller is not None and is_left and not isinstance(iterable, Sized):
            roller.refuse_no_end(items)
        if not is_staged and is_over:
            break
        try:
            item = asked_perhaps() if is_staged else following()
        except StopIteration:
            state = end()
            break
        except Exception as error:  # whatever the user's iterator raises: it counts in runs that come here
            if not is_staged:
                fail(error)
            return _guarded(is_over, fail, error, state, names)[0]
        if not is_staged:
            state = trip(item, *state)
            done += 1
            continue
        state, goes_on = _guarded(is_over, trip, item, state, names)
        done += 1
        if not goes_on:
            break
    if pulled and is_left:
        pulled.lost()
    return state


def _guarded(is_over: Any, body: Body, item: Any, state: State, names: tuple[str, ...]) -> tuple[State, bool]:
    """One trip of an unrolled loop that may be over; and whether the loop may go on: not where a trip always raises."""
    goes_on = False

    def skip(*state: Any) -> State:
        return state

    def trip(*state: Any) -> State:
        nonlocal goes_on
        after = body(item, *state)
        goes_on = True
        return after

    return if_(is_over, skip, trip, state, names), goes_on


def _until(
    stager: Stager, over: StagedIterable, body: Body, state: State, names: tuple[str, ...], stop: Callable[..., Any]
) -> State:
    """A loop of the graph that may end early."""

    def test(i: Any, *state: Any) -> Any:
        return and_(not_(stop(*state)), lambda: i < over.count())

    def trip(i: Any, *state: Any) -> State:
        return (i + 1, *body(_item(stager, over, i), *state))

    with stager.lists.walking(() if over.now else over.walked):
        first = StagedNumber.of(stager.builder.constant(0, int64))  # each trip has another one
        return staged_while(stager, test, trip, (first, *state), ("the position", *names))[1:]
