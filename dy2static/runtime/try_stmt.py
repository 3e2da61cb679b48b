"""`try`: exceptions of Python are caught in Python, those that a run of the graph raises in the graph."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from dy2static.runtime.at_failures import AtFailures
from dy2static.runtime.generators import RaisedByConsumer
from dy2static.runtime.if_stmt import if_
from dy2static.runtime.steps import noting
from dy2static.staging.failures.caught import Caught
from dy2static.staging.failures.never import (
    OF_STAGING,
    RaisedInGraph,
    fail_as,
    is_of_the_program,
    must_come_later,
    refuse_unsure,
)
from dy2static.staging.failures.raising import can_raise
from dy2static.staging.locate import user_location
from dy2static.staging.regions.attempt import Protected, named, run_steps, unwatched
from dy2static.staging.regions.branch import staged_if
from dy2static.staging.regions.signal import Signal, failing, signal_of
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedNumber, StagedTensor, current, the_stager
from graph.errors import GraphError
from graph.ir.opdef import Effect, effect_of
from graph.location import UNKNOWN
from graph.ops.raised import class_of

State = tuple[Any, ...]
Block = Callable[..., State]
Kind = Callable[[], Any] | None


def try_(
    steps: Sequence[Block],
    handlers: Sequence[Block],
    kinds: Sequence[Kind],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    *,
    watched: tuple[str, ...] = (),
    orelse: Block | None = None,
    final: Block | None = None,
) -> State:
    """`try`, with the body as steps. Blocks take the values of `names` and return them anew; a handler takes the
    exception before them. `kinds` give the classes of the handlers, None for all. `values` gives the values of `names`
    now; `watched` are those that are read after an exception in the body."""
    stager = current()
    handling = Handling(handlers, kinds, names, values, watched, orelse)
    if stager is None:
        return handling.in_python(steps, state, final)
    with stager.cells.variables.of(*steps, *handlers, orelse, final):
        if final is None:
            return handling.staged(stager, steps, state)
        return _with_final(stager, handling, steps, state, final)


class Handling:
    """The handlers of a `try` and what they share."""

    def __init__(
        self,
        handlers: Sequence[Block],
        kinds: Sequence[Kind],
        names: tuple[str, ...],
        values: Callable[[], State],
        watched: tuple[str, ...],
        orelse: Block | None,
        *,
        raises_again: bool = False,
    ) -> None:
        self.handlers = handlers
        self.kinds = kinds
        self.names = names
        self.values = values
        self.watched = watched
        self.orelse = orelse
        self.raises_again = raises_again
        """Whether they raise again what they handle."""

    @staticmethod
    def passing_on(
        handler: Block, names: tuple[str, ...], values: Callable[[], State], watched: tuple[str, ...], orelse: Block
    ) -> "Handling":
        """A handler of all exceptions, which raises them again."""
        return Handling((handler,), (lambda: Exception,), names, values, watched, orelse, raises_again=True)

    def in_python(self, steps: Sequence[Block], state: State, final: Block | None) -> State:
        """The statement as Python has it."""
        try:
            state = self._python_body(steps, state)
        except BaseException:
            if final is not None:
                final(*self.values())
            raise
        return state if final is None else final(*state)

    def _python_body(self, steps: Sequence[Block], state: State) -> State:
        try:
            for step in steps:
                state = step(*state)
        except BaseException as error:
            handler = self.handler_of(error)
            if handler is None:
                raise
            return handler(error, *self.values())
        return state if self.orelse is None else self.orelse(*state)

    def handler_of(self, error: BaseException) -> Block | None:
        """The first handler that takes an exception."""
        if isinstance(error, RaisedByConsumer):
            return None
        for handler, kind in zip(self.handlers, self.kinds, strict=True):
            if kind is None or isinstance(error, kind()):
                return handler
        return None

    def classes(self) -> list[tuple[type, ...]]:
        """The classes of each handler."""
        found: list[Any] = [BaseException if kind is None else kind() for kind in self.kinds]
        return [kind if isinstance(kind, tuple) else (kind,) for kind in found]

    def errors(self, stager: Stager) -> tuple[str, ...]:
        """The classes that are caught in the graph: of each handler, and those whose failures the code around notes."""
        signal = signal_of(stager)
        further = () if signal is None else tuple(map(class_of, signal.errors))
        return named([*self.classes(), further])

    def staged(self, stager: Stager, steps: Sequence[Block], state: State) -> State:
        """The statement without its `finally`, on staged values."""
        if not self.handlers:
            for step in steps:
                state = step(*state)
            return self.passed(state)
        protected = Protected(
            stager,
            self.names,
            self.values,
            self.watched,
            self.errors(stager),
            user_location(),
            raises_again=self.raises_again,
        )
        ended = run_steps(protected, steps, state, self)
        if ended.is_handled:
            return ended.state
        if ended.raised is not None:
            return self.raised(stager, ended.raised, ended.state)
        if ended.text is None:
            return self.passed(ended.state)
        if ended.is_certain:
            return self.caught(stager, ended.failed, ended.text, ended.state)

        def passed(*state: Any) -> State:
            protected.own()
            return self.passed(ended.well(state))

        def handle(*state: Any) -> State:
            protected.own()
            return self.caught(stager, ended.failed, ended.text, state)

        stager.builder.loc = user_location()
        return staged_if(stager, ended.failed == 0, passed, handle, ended.state, self.names)

    def passed(self, state: State) -> State:
        """What comes where the body has ended well."""
        return state if self.orelse is None else self.orelse(*state)

    def raised(self, stager: Stager, error: Exception, state: State) -> State:
        """An exception of Python, handled or raised again."""
        handler = self.handler_of(error)
        if handler is None:
            raise error
        if isinstance(error, GraphError):
            error.loc = UNKNOWN  # the traceback has it; the program reads the text, which is that of eager code
        try:
            raise error
        except Exception:
            return _handling(stager, error, lambda: handler(error, *state))

    def caught(self, stager: Stager, failed: StagedNumber, text: StagedTensor, state: State) -> State:
        """An exception of a run: the first handler whose classes it is of; without one, the code around notes it."""
        classes = self.classes()
        error = Caught(failed, text, self.errors(stager))
        left = {i + 1: class_of(name) for i, name in enumerate(error.errors)}
        chain: list[tuple[Any, Block]] = []
        for handler, flat in zip(self.handlers, classes, strict=True):
            own = [code for code, kind in left.items() if issubclass(kind, flat)]
            left = {code: kind for code, kind in left.items() if code not in own}
            if own:
                chain.append((own, handler))
        if left:
            chain.append((list(left), _passed_on))
        return self._chosen(stager, error, chain, state)

    def _chosen(self, stager: Stager, caught: Caught, chain: Sequence[tuple[Any, Block]], state: State) -> State:
        (codes, handler), *others = chain

        def handle(*state: Any) -> State:
            return _handling(stager, caught, lambda: handler(caught, *state))

        def next_handler(*state: Any) -> State:
            stager.cells.own(self.values, self.names)
            return self._chosen(stager, caught, others, state)

        if not others:
            return handle(*state)
        return staged_if(stager, caught.is_among(codes), handle, next_handler, state, self.names)


def _passed_on(error: Any, *state: Any) -> State:
    raise_again(the_stager(), error)
    return state


def _handling(stager: Stager, error: Any, handler: Callable[[], State]) -> State:
    stager.handling.append(error)
    try:
        return handler()
    finally:
        stager.handling.pop()


def _with_final(stager: Stager, handling: Handling, steps: Sequence[Block], state: State, final: Block) -> State:
    """With a `finally`: what it does after an exception of a run is seen only if it prints or raises, or if the
    exception is caught further out; then it stands in the graph twice."""

    def inner(*state: Any) -> State:
        if handling.handlers:
            return handling.staged(stager, steps, state)
        for step in steps:
            state = step(*state)
        return handling.passed(state)

    def body() -> tuple[State | None, Exception | None]:
        try:
            return inner(*state), None
        except RaisedInGraph:
            return None, None
        except OF_STAGING:
            raise
        except Exception as error:
            refuse_unsure(error)
            return handling.values(), error

    count = len(stager.builder.ops)
    is_watched = stager.builder.watch is not None
    notes = signal_of(stager) is not None  # also an exception of Python's, once this is staged to stay

    def is_kept() -> bool:
        final(*handling.values())
        return False

    failures = AtFailures(stager, is_kept)
    with stager.trial() as trial, unwatched(stager.builder), failing(stager):
        if not stager.attempts:
            stager.builder.watch = failures
        after, raised = body()
        stager.builder.watch = None
        middle = len(stager.builder.ops)
        body_may_fail = (notes and raised is not None) or any(map(can_raise, stager.builder.ops[count:middle]))
        if after is not None:
            try:
                after = final(*after)
            except OF_STAGING as error:
                if not isinstance(error, RaisedInGraph):
                    raise
                after = None
            except Exception:
                after = None
        own = stager.builder.ops[middle:]
        if not body_may_fail:
            is_seen = is_watched and any(map(can_raise, own))
        elif stager.attempts or any(effect_of(op) is not Effect.PURE for op in own):
            is_seen = True
        else:
            is_seen = failures.is_seen
        if after is not None and not is_seen:
            trial.keep()
    if not trial.is_kept and not body_may_fail:  # again, with those told who watch what can fail
        after, raised = body()
        assert after is not None
        after = final(*after)
    if trial.is_kept or not body_may_fail:
        assert after is not None
        if raised is not None:
            _go_on(stager, raised)
        return after

    def failed(error: Any, *state: Any) -> State:
        after = final(*state)
        raise_again(stager, error)
        return after

    outer = Handling.passing_on(failed, handling.names, handling.values, handling.watched, final)
    return outer.staged(stager, (inner,) if handling.handlers else steps, state)


def _go_on(stager: Stager, error: Exception) -> NoReturn:
    """Raise what the body has raised, behind a `finally`: when the graph runs, where that does something."""
    if not is_of_the_program(error) or not must_come_later(stager) or signal_of(stager) is not None:
        raise error
    fail_as(stager, error)
    raise RaisedInGraph


def raise_again(stager: Stager, error: Any) -> None:
    """Raise what was caught; in code that notes failures, note it, unless something else has failed since."""
    signal = signal_of(stager)
    if signal is None:
        _raise_again(error)
    else:
        if_(signal.failed == 0, lambda: _noted(stager, signal, error), None, (), ())


def _noted(stager: Stager, signal: Signal, error: Any) -> State:
    return noting(stager, signal, (lambda: _raise_again(error),), (), (), lambda: (), ())


def _raise_again(error: Any) -> NoReturn:
    if not isinstance(error, Caught):
        raise error
    error.raise_again()
    raise RaisedInGraph
