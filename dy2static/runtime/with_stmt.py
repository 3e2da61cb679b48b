"""`with`: managers of users are entered and left by converted code; those of libraries as Python does it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from dy2static.converters.allow import is_library
from dy2static.runtime.at_failures import AtFailures
from dy2static.runtime.callables.handed_over import hand_over as hand_over_
from dy2static.runtime.calls import call
from dy2static.runtime.generators import Consumer, Generator, hand_over
from dy2static.runtime.if_stmt import if_
from dy2static.runtime.steps import steps as _in_order
from dy2static.runtime.try_stmt import Handling, raise_again
from dy2static.staging.failures.caught import Caught
from dy2static.staging.failures.never import OF_STAGING
from dy2static.staging.failures.raising import can_raise, can_raise_itself
from dy2static.staging.locate import user_location
from dy2static.staging.objects.frames import NOTE
from dy2static.staging.regions.attempt import Protected, check_unchanged, unwatched
from dy2static.staging.regions.signal import failing, signal_of
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedNumber, StagedTensor, current, is_staged, the_stager
from graph.dtypes import int64, uint8
from graph.ir.op import Op

State = tuple[Any, ...]
Block = Callable[..., State]


def with_(
    manager: Any,
    inside: Block,
    steps: tuple[Block, ...],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    *,
    watched: tuple[str, ...] = (),
) -> State:
    """`with manager as x`: `inside`, and the further `steps` of the body, take the values of `names` and return them
    anew; `inside` takes what the manager gives before them. `values` gives the values as they are now; `watched` are
    the names that are read after the statement."""
    stager = current()
    if stager is not None and isinstance(manager, contextlib.suppress):
        kinds = cast(Any, manager)._exceptions
        handling = Handling((_kept,), (lambda: kinds,), names, values, watched, None)

        def first(*state: Any) -> State:
            return inside(None, *state)

        with stager.cells.variables.of(inside, *steps):
            return handling.staged(stager, (first, *steps), state)
    if stager is not None and _is_of_user(manager):
        return _by_generator(manager, inside, steps, state, names, values, watched)
    if stager is None or (is_library(type(manager).__module__) and not isinstance(manager, contextlib.closing)):
        if stager is not None:
            hand_over_(stager, type(manager).__module__, (manager,))

        def as_it_is(*state: Any) -> State:
            with manager as entered:
                body: tuple[Block, ...] = (lambda *state: inside(entered, *state), *steps)
                return _in_order(body, state, names, values, watched=watched)
            return values()

        if stager is None or stager.attempts or not isinstance(manager, contextlib.ExitStack):
            return as_it_is(*state)
        # Its callbacks are called by the runs, too, that raise in the body.
        handling = Handling.passing_on(_raised_again, names, values, watched, _left)
        with stager.cells.variables.of(inside, *steps):
            return handling.staged(stager, (as_it_is,), state)
    with stager.cells.variables.of(inside, *steps):
        return _Entered(stager, manager, (inside, *steps), names, values, watched).run(state)


def _raised_again(error: Any, *state: Any) -> State:
    raise_again(the_stager(), error)
    return state


def _left(*state: Any) -> State:
    return state


def _kept(_: Any, *state: Any) -> State:
    return state


def _is_of_user(manager: Any) -> bool:
    """Whether it is a user's generator function that says what a manager does."""
    function: Any = getattr(manager, "func", None)
    is_made = isinstance(manager, contextlib._GeneratorContextManager)  # pyright: ignore[reportPrivateUsage]
    return is_made and not is_library(getattr(function, "__module__", None) or "")


def _by_generator(
    manager: Any,
    inside: Block,
    steps: tuple[Block, ...],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    watched: tuple[str, ...],
) -> State:
    """A manager that `contextlib.contextmanager` makes of a user's generator function: the body runs at its `yield`."""

    def body(entered: Any, *state: Any) -> State:
        return _in_order((lambda *state: inside(entered, *state), *steps), state, names, values, watched=watched)

    made = call(manager.func, *manager.args, **manager.kwds)
    if not isinstance(made, Generator):
        raise TypeError(f"{type(made).__name__!r} object is not an iterator")
    consumer = _Body(body, state, names, values, watched if made.catches else (), inside)
    hand_over(made, consumer)
    _check(consumer.count, 1, "generator didn't yield")
    return consumer.state


def _check(count: Any, expected: int, text: str) -> None:
    """Raises: RuntimeError, also when the graph runs, where the body has run another number of times."""
    if is_staged(count):
        b = the_stager().builder
        b.loc = user_location()
        b.check(b.eq(count.graph_value, expected), error="RuntimeError", parts=(text,), forms=())
    elif count != expected:
        raise RuntimeError(text)


class _Body(Consumer):
    """The body of a `with` as one who takes the one value of a generator, which sees the exceptions of the body."""

    def __init__(
        self,
        body: Block,
        state: State,
        names: tuple[str, ...],
        values: Callable[[], State],
        watched: tuple[str, ...],
        inside: Block,
    ) -> None:
        super().__init__(body, state, names, None, inside)
        self.values = values
        self.watched = watched
        self.count = 0

    def __call__(self, value: Any) -> None:
        _check(self.count, 0, "generator didn't stop")
        the_stager().cells.put(_Note(self), 1)
        builder = the_stager().builder
        outer, builder.watch = builder.watch, self._watch(builder.watch)
        try:
            super().__call__(value)
        except Exception as error:
            if not isinstance(error, OF_STAGING):
                self.take(self.values())
            raise
        finally:
            builder.watch = outer

    def _watch(self, outer: Callable[[Op], None] | None) -> Callable[[Op], None] | None:
        """The generator may catch what a run raises in the body; then what the body has changed is seen."""
        stager = the_stager()
        if not (stager.attempts and self.watched) or signal_of(stager) is not None:
            return outer
        step_of = stager.attempts[-1]
        before = self.state
        protected = Protected(stager, self.names, self.values, self.watched, (), user_location())

        def watch(op: Op) -> None:
            if outer is not None:
                outer(op)
            if can_raise_itself(op):
                check_unchanged(protected, before, [], step_of)

        return watch


@dataclass(frozen=True, slots=True, eq=False)
class _Note:
    """How often the body has run."""

    owner: _Body

    @property
    def key(self) -> tuple[str, int, Any]:
        return (NOTE, id(self.owner), None)

    @property
    def text(self) -> str:
        return "how often the body of a `with` has run"

    def load(self) -> int:
        return self.owner.count

    def of(self, owner: Any) -> "_Note":
        """The same of another body."""
        return _Note(owner)

    def store(self, value: int) -> None:
        self.owner.count = value


class _Entered:
    """A manager of a user."""

    def __init__(
        self,
        stager: Stager,
        manager: Any,
        steps: tuple[Block, ...],
        names: tuple[str, ...],
        values: Callable[[], State],
        watched: tuple[str, ...],
    ) -> None:
        kind = cast("type[Any]", type(manager))
        for method in ("__enter__", "__exit__"):
            if not hasattr(kind, method):
                missing = " (missed __exit__ method)" if method == "__exit__" else ""
                text = f"{kind.__name__!r} object does not support the context manager protocol{missing}"
                raise TypeError(text)
        self.stager = stager
        self.manager = manager
        self.leave = kind.__exit__
        entered = call(kind.__enter__, manager)
        inside, *others = steps
        self.steps: tuple[Block, ...] = (lambda *state: inside(entered, *state), *others)
        self.names = names
        self.values = values
        self.watched = watched

    def run(self, state: State) -> State:
        """The body, and the end of it."""
        stager = self.stager
        count = len(stager.builder.ops)
        failures = AtFailures(stager, self._keeps)
        with stager.trial() as trial, unwatched(stager.builder), failing(stager):
            after, error = None, None
            if not stager.attempts:
                stager.builder.watch = failures
            try:
                after = self._body(*state)
            except Exception as raised:
                error = raised
            stager.builder.watch = None
            fails = error is not None or any(map(can_raise, stager.builder.ops[count:]))
            if after is not None and not (fails and (stager.attempts or failures.is_seen)):
                trial.keep()
        if trial.is_kept and after is not None:
            return self._left(*after)
        handling = Handling.passing_on(self._failed, self.names, self.values, self.watched, self._left)
        return handling.staged(stager, self.steps, state)

    def _body(self, *state: Any) -> State:
        for step in self.steps:
            state = step(*state)
        return state

    def _left(self, *state: Any) -> State:
        call(self.leave, self.manager, None, None, None)
        return state

    def _failed(self, error: Any, *state: Any) -> State:
        kind = cast(Any, error.kind if isinstance(error, Caught) else type(error))
        keeps = call(self.leave, self.manager, kind, error, error.__traceback__)

        def kept() -> State:
            return ()

        def passed() -> State:
            raise_again(self.stager, error)
            return ()

        if_(keeps, kept, passed, (), ())
        return state

    def _keeps(self) -> bool:
        """Whether the manager may keep an exception of a run to itself."""
        b = self.stager.builder
        text = StagedTensor.of(b.constant([], uint8))
        error = Caught(StagedNumber.of(b.constant(1, int64)), text, ("Exception",))
        keeps = call(self.leave, self.manager, error.kind, error, None)
        return keeps is not None and keeps is not False
