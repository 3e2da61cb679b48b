"""`for`: over Python iterables in Python, over tensors and staged ranges as a loop of the graph."""

from collections.abc import Callable, Iterable
from typing import Any

from dy2static.runtime.bool_ops import and_, not_
from dy2static.runtime.if_stmt import if_
from dy2static.staging.iterables import StagedIterable, staged_iterable
from dy2static.staging.loop import staged_for, staged_while
from dy2static.staging.staged import current
from dy2static.staging.stager import Stager, is_staged_value

Body = Callable[..., tuple[Any, ...]]
State = tuple[Any, ...]


def for_(
    iterable: Iterable[Any],
    body: Body,
    state: State,
    names: tuple[str, ...],
    stop: Callable[..., Any] | None = None,
) -> State:
    """Loop; `body` takes the item and the values of `names` and returns these anew. `stop` ends it before a trip."""
    stager = current()
    over = None if stager is None else staged_iterable(stager, iterable)
    if stager is None or over is None:
        return _unrolled(iterable, body, state, names, stop)
    if isinstance(over.length, int) and over.length == 0:
        return state
    if stop is None:
        return staged_for(stager, stager.lift(over.length), over.item, body, state, names)
    return _until(stager, over, body, state, names, stop)


def _unrolled(
    iterable: Iterable[Any], body: Body, state: State, names: tuple[str, ...], stop: Callable[..., Any] | None
) -> State:
    if stop is None:
        for item in iterable:
            state = body(item, *state)
        return state
    items = iter(iterable)
    while True:
        # The next item is not asked for once the loop is over: that can have effects.
        is_over = stop(*state)
        is_staged = is_staged_value(is_over)
        if not is_staged and is_over:
            return state
        try:
            item = next(items)
        except StopIteration:
            return state
        state = _guarded(is_over, body, item, state, names) if is_staged else body(item, *state)


def _guarded(is_over: Any, body: Body, item: Any, state: State, names: tuple[str, ...]) -> State:
    """One trip of an unrolled loop that may be over."""

    def skip(*state: Any) -> State:
        return state

    def trip(*state: Any) -> State:
        return body(item, *state)

    return if_(is_over, skip, trip, state, names)


def _until(
    stager: Stager, over: StagedIterable, body: Body, state: State, names: tuple[str, ...], stop: Callable[..., Any]
) -> State:
    """A loop of the graph that may end early."""

    def test(i: Any, *state: Any) -> Any:
        return and_(lambda: not_(stop(*state)), lambda: i < over.length)

    def trip(i: Any, *state: Any) -> State:
        return (i + 1, *body(over.item(i), *state))

    return staged_while(stager, test, trip, (0, *state), ("the position", *names))[1:]
