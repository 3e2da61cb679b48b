"""`try` and `with` in a graph: a block that may fail when the graph runs becomes an `attempt`, one for each step of it.

What an exception leaves behind is what the steps before have bound and changed. So a step is an `attempt` of its own,
whose values are taken over by a `cond` on its flag, and the steps behind it stand in that `cond`. Within one step
nothing may be changed, of what is seen after an exception, before the last op that can fail: such a step is refused.
A step that cannot fail is staged in place, and an exception of Python's own is handled at once.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from typing import Protocol as TypingProtocol

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.failures.exceptions import KNOWN
from dy2static.staging.failures.never import OF_STAGING, RaisedInGraph, fail_as, refuse_unsure, until_raised
from dy2static.staging.failures.raising import can_raise, can_raise_itself, is_caught, may_raise, raising
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import Cell
from dy2static.staging.objects.changes import left_behind, snapshot
from dy2static.staging.objects.coincidence import relations, reunite
from dy2static.staging.regions.branch import label_of, staged_if
from dy2static.staging.regions.region_ops import append_region_op
from dy2static.staging.regions.signal import Head, HeadMayFailError, Note, Signal, failing, signal_of
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.spec import ConstantSpec, pack_all, spec_of, unpack_all
from dy2static.staging.values.staged import StagedNumber, StagedTensor
from dy2static.staging.values.undefined import Undefined
from graph.ir.builder import GraphBuilder
from graph.ir.op import Op
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.location import Loc
from graph.ops.attempt import fillers_of
from graph.ops.raised import code_of, name_of, packed

State = tuple[Any, ...]
Step = Callable[..., State]

NO_TEXT: Final = np.zeros(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Protected:
    """What all steps of one `try` or `with` share.

    `current` gives the values of `names` now; `watched` are those that somebody reads after an exception; `errors` the
    classes that are caught.
    """

    stager: Stager
    names: tuple[str, ...]
    current: Callable[[], State]
    watched: tuple[str, ...]
    errors: tuple[str, ...]
    loc: Loc
    raises_again: bool = False
    """Whether what is caught goes on outwards, as from a `finally`."""

    @property
    def handled(self) -> tuple[str, ...]:
        """The classes whose exceptions end here."""
        return () if self.raises_again else self.errors

    def as_in(self, inner: "Protected", state: State) -> State:
        """The values of `names`, of those that are the same variables in `inner` as they are in `state`: the variables
        themselves get these only when the step begins."""
        known = dict(zip(inner.names, state, strict=True))
        shared = _variables(self.current).items() & _variables(inner.current).items()
        is_shared = {name for name, _ in shared}
        return tuple(
            known[name] if name in known and name in is_shared else value
            for name, value in zip(self.names, self.current(), strict=True)
        )

    def own(self) -> None:
        """At the beginning of a region: what it leaves in the variables of these names is given back by value."""
        self.stager.cells.own(self.current, self.names)


def _variables(current: Callable[[], State]) -> dict[str, int]:
    """The variables that a function of the names' values reads, by identity."""
    cells = getattr(current, "__closure__", None) or ()
    return dict(zip(current.__code__.co_freevars, map(id, cells), strict=True)) if cells else {}


@dataclass(frozen=True, slots=True)
class Ended:
    """How the steps ended: with the exception `raised`, of Python or caught in the graph where `failed` says so."""

    state: State
    raised: Exception | None = None
    failed: Any = 0
    text: Any = None
    is_certain: bool = False
    """Whether every run fails that comes here."""
    is_handled: bool = False
    """Whether the exception has been handled, and the steps behind the one that fails have run, on their own paths."""
    bound: frozenset[int] = frozenset()
    """The places of the names that are bound where no run has failed."""

    def well(self, state: State) -> State:
        """The values of the names where nothing has failed, of those for both cases."""
        return tuple(
            v.read(v.name, "") if i in self.bound and isinstance(v, MaybeDefined) else v for i, v in enumerate(state)
        )


class Handlers(TypingProtocol):
    """What comes behind the steps."""

    def passed(self, state: State) -> State:
        """Where they have ended well."""
        ...

    def raised(self, stager: Stager, error: Exception, state: State) -> State:
        """Where one raises an exception of Python."""
        ...

    def caught(self, stager: Stager, failed: StagedNumber, text: StagedTensor, state: State) -> State:
        """Where one fails in a run."""
        ...


class _ChangedBeforeError(StagingError):
    """A step of `protected` changes what is seen after an exception, and then something else in it can fail."""

    protected: "Protected | None" = None


def _anew(error: StagingError) -> StagingError:
    """The error for the user, without the frames that this one came through."""
    return StagingError(error.what, next_step=error.next_step, loc=error.loc)


class _FailsTwiceError(Exception):
    """A second step can fail: the handlers cannot stand where one does."""


def run_steps(
    protected: Protected, steps: Sequence[Step], state: State, handlers: Handlers | None, *, may_attempt: bool = True
) -> Ended:
    """Stage the steps of a body, one after the other.

    With `may_attempt` false, _FailsTwiceError is raised for a step that can fail in a run.
    """
    stager = protected.stager
    for i, step in enumerate(steps):
        count = len(stager.builder.ops)
        raised: Exception | None = None
        bound: frozenset[int] = frozenset()
        with stager.trial() as trial, unwatched(stager.builder), failing(stager):
            may_fail = False
            try:
                state_after = step(*state)
                bound = bound_in(state_after)
            except RaisedInGraph:
                may_fail, state_after = True, state
            except OF_STAGING:
                raise
            except Exception as error:
                refuse_unsure(error, protected.handled)
                raised, state_after = error, state
            if not may_fail and not any(map(can_raise, stager.builder.ops[count:])):
                trial.keep()
        if not trial.is_kept:
            if not may_attempt:
                raise _FailsTwiceError
            return _failing_step(protected, step, steps[i + 1 :], state, handlers, bound)
        if raised is not None:
            return Ended(protected.current(), raised)
        state = state_after
    return Ended(state)


@contextmanager
def unwatched(builder: GraphBuilder) -> Generator[None]:
    """A trial: whoever watches what can fail is not told of what may be taken back."""
    watch, builder.watch = builder.watch, None
    try:
        yield
    finally:
        builder.watch = watch


@dataclass(frozen=True, slots=True)
class _Tried:
    """A step that may fail, in the graph. `outputs` gives the values of the names where it did not, once; `state` are
    those where it did."""

    failed: StagedNumber
    text: StagedTensor
    state: State
    outputs: Callable[[], State] | None
    """None where every run fails that comes here."""


def _failing_step(
    protected: Protected,
    step: Step,
    rest: Sequence[Step],
    state: State,
    handlers: Handlers | None,
    bound: frozenset[int],
) -> Ended:
    """Stage a step that may fail, and what comes behind it. `bound`: the places of the names that it leaves bound."""
    stager = protected.stager
    mark, known = stager.rounds.mark(), stager.rounds.changed_before(step)
    if known is not None:
        refused = _anew(known)
    else:
        try:
            found = _attempt(protected, step, state)
        except _ChangedBeforeError as error:
            if error.protected is not protected:
                raise
            refused = _anew(error)
        else:
            return _go_on(protected, found, rest, handlers)
        stager.rounds.take_back(mark)
        stager.rounds.note_changed_before(step, _anew(refused))
    try:
        found = _finely(protected, step, state, bound, refused)
    except HeadMayFailError as head:
        thunk = head.thunk
    else:
        if isinstance(found, _Tried):
            return _go_on(protected, found, rest, handlers)
        return found if isinstance(found, Ended) else run_steps(protected, rest, found, handlers)
    return run_steps(protected, (*_split(stager, step, thunk, refused), *rest), state, handlers)


def _attempt(protected: Protected, step: Step, state: State) -> _Tried:
    """Append an `attempt` of a step. What is noted before anything in it can fail stays noted, however it ends.

    Raises: _ChangedBeforeError where it changes something before it fails.
    """
    stager = protected.stager
    loc = protected.loc
    with stager.region("body") as builder, failing(stager):
        with stager.cells.frame() as frame:
            protected.own()
            depth = stager.cells.depth
            further_out = [(outer, outer.as_in(protected, state)) for outer in stager.attempts]
            noted: list[list[tuple[Cell, Any]]] = []

            def watch(op: Op) -> None:
                if can_raise_itself(op):
                    noted.append(stager.cells.notes_at(depth))
                    check_unchanged(protected, state, stager.cells.changed_since(depth, builder))
                    if protected.raises_again or not all(is_caught(x, protected.errors) for x in raising([op])):
                        for outer, before in further_out:
                            check_unchanged(outer, before, [])

            builder.watch = watch
            stager.attempts.append(protected)
            try:
                outputs = until_raised(stager, step, *state)
            finally:
                stager.attempts.pop()
                builder.watch = None
            changed = {} if outputs is None else left_behind(frame, stager, builder)
            values = [] if outputs is None else [snapshot(value, frame, stager) for value in outputs]
        values += [change.value for change in changed.values()]
        kept = {i for i, output in enumerate(outputs or ()) if output is state[i]}
        specs = [ConstantSpec(None) if i in kept else spec_of(v, stager) for i, v in enumerate(values)]
        packed = pack_all(specs, values, stager)
    stager.builder.loc = loc
    regions, captured = close([builder], [packed])
    attrs = {"errors": protected.errors, "fillers": fillers_of(regions[0])}
    results = append_region_op(stager, lookup("attempt"), captured, attrs, regions)
    failed, text = StagedNumber.of(results[0]), StagedTensor.of(results[1])
    for cell, value in noted[0] if noted else ():
        if not is_staged_value(value):
            stager.cells.put(cell, value)
    if outputs is None:
        return _Tried(failed, text, state, None)

    def taken_over() -> State:
        made = unpack_all(specs, results[2:], stager)
        for i in kept:
            made[i] = outputs[i]
        left = [*outputs, *(change.object for change in changed.values())]
        labels = [*map(label_of, protected.names), *(change.cell.text for change in changed.values())]
        reunite(made, relations([left], stager.sharing), labels, stager.sharing)
        stager.sharing.elements.take_over(made, left)
        for change, value in zip(changed.values(), made[len(outputs) :], strict=True):
            stager.sharing.merge(value, [change.object], change.cell.text)
            stager.cells.put(change.cell, value)
        return tuple(made[: len(outputs)])

    return _Tried(failed, text, state, taken_over)


def _finely(
    protected: Protected, step: Step, state: State, bound: frozenset[int], refused: StagingError
) -> "_Tried | Ended | State":
    """Append a step that changes something before it fails, in place: the blocks in it are steps again, which note
    in a signal how they fail. Gives how it ended where an exception of Python ends it, and the values where nothing can
    fail after all.

    Raises: `refused` where something else in the step can fail; HeadMayFailError.
    """
    stager = protected.stager
    signal = Signal.of(stager, protected.errors)
    outer = stager.builder.watch

    def watch(op: Op) -> None:
        if outer is not None:
            outer(op)
        if can_raise_itself(op) and may_raise(op, protected.errors):
            raise refused.at(op.loc)

    stager.builder.watch = watch
    stager.attempts.append(protected)
    try:
        with failing(stager, signal):
            after = step(*state)
    except _ChangedBeforeError as error:
        if error.protected is protected:
            raise _anew(error) from None
        raise
    except (*OF_STAGING, HeadMayFailError):
        raise
    except Exception as error:
        refuse_unsure(error, protected.handled)
        if signal.may_be_set:
            raise refused from None
        return Ended(protected.current(), error)
    finally:
        stager.attempts.pop()
        stager.builder.watch = outer
    if not signal.may_be_set:
        return after
    if type(signal.failed) is int:  # every run fails
        return _Tried(StagedNumber.of(stager.builder.constant(signal.failed)), signal.text, after, None)

    def well() -> State:
        return Ended(after, bound=bound).well(after)

    return _Tried(signal.failed, signal.text, after, well)


def _split(stager: Stager, step: Step, thunk: Callable[[], Any], refused: StagingError) -> tuple[Step, Step]:
    """A step as two: the first makes the value of its next head, the second does the rest. The first raises `refused`
    for an object, such as a generator, that the graph cannot hand over."""
    head = Head()
    stager.cells.born(head)
    cell = Note(head, "value")

    def first(*state: Any) -> State:
        with failing(stager):
            value = thunk()
        if isinstance(spec_of(value, stager), ConstantSpec) and not isinstance(value, KNOWN):
            raise refused
        stager.cells.put(cell, value)
        return state

    def second(*state: Any) -> State:
        value = head.value
        stager.cells.put(cell, None)  # nobody else has it: nothing is to be merged
        with failing(stager, signal_of(stager), [value, *stager.failing.heads]):
            return step(*state)

    return first, second


def _go_on(protected: Protected, tried: _Tried, rest: Sequence[Step], handlers: Handlers | None) -> Ended:
    """Append the steps behind one that may fail, under the condition that it did not.

    Where no other step can fail, the handlers stand on the other side of that condition. Otherwise, and where there are
    none given, both sides give back how it went.
    """
    stager, loc = protected.stager, protected.loc
    failed, text, state = tried.failed, tried.text, tried.state
    if tried.outputs is None:
        return Ended(state, None, failed, text, is_certain=True)
    taken_over = tried.outputs
    bound: set[int] = set()
    certain: list[bool] = []

    def the_rest(*_: Any) -> State:
        assert handlers is not None
        protected.own()
        ended = run_steps(protected, rest, taken_over(), None, may_attempt=False)
        if ended.raised is not None:
            return handlers.raised(stager, ended.raised, ended.state)
        return handlers.passed(ended.state)

    def handled(*state: Any) -> State:
        assert handlers is not None
        protected.own()
        return handlers.caught(stager, failed, text, state)

    ok = failed == 0
    if handlers is not None:
        with stager.trial() as trial:
            try:
                stager.builder.loc = loc
                state_after = staged_if(stager, ok, the_rest, handled, state, protected.names)
                trial.keep()
                return Ended(state_after, is_handled=True)
            except _FailsTwiceError:
                pass

    def went_well(*_: Any) -> State:
        protected.own()
        ended = run_steps(protected, rest, taken_over(), None)
        if ended.raised is not None or ended.is_certain:
            certain.append(True)
        elif ended.text is not None:
            bound.update(ended.bound)
        else:
            bound.update(bound_in(ended.state))
        return signal_values(protected, ended)

    def gone(*state: Any) -> State:
        return (failed, text, *state)

    names = ("the error", "the message", *protected.names)
    stager.builder.loc = loc
    found = staged_if(stager, ok, went_well, gone, state, names)
    return Ended(tuple(found[2:]), None, found[0], found[1], bool(certain), bound=frozenset(bound))


def bound_in(state: State) -> frozenset[int]:
    """The places of the names that are bound on every path."""
    return frozenset(i for i, v in enumerate(state) if not isinstance(v, Undefined | MaybeDefined))


def signal_values(protected: Protected, ended: Ended) -> State:
    """How the steps ended, as values of the graph."""
    stager = protected.stager
    if ended.raised is not None:
        code = code_of(ended.raised, protected.errors)
        if not code:
            fail_as(stager, ended.raised)
            raise RaisedInGraph
        return (code, _text(stager, packed(ended.raised)), *ended.state)
    if ended.text is None:
        return (0, _text(stager, NO_TEXT), *ended.state)
    return (ended.failed, ended.text, *ended.state)


def _text(stager: Stager, text: Any) -> StagedTensor:
    return StagedTensor.of(stager.builder.constant(text))


def check_unchanged(
    protected: Protected, before: State, cells: Sequence[Cell], step_of: Protected | None = None
) -> None:
    """Raises StagingError where something that is seen after an exception was changed in this step already: a name that
    is watched, or one of `cells`. The step is that of `protected`, or `step_of`."""
    now = protected.current()
    changed = [
        label_of(name)
        for name, old, new in zip(protected.names, before, now, strict=True)
        if old is not new and name in protected.watched
    ]
    changed += [cell.text for cell in cells]
    if not changed:
        return
    error = _ChangedBeforeError(
        f"{changed[0]} is changed by a step of this `try` or `with` before something else in the step that can fail "
        "when the graph runs, and is seen after the exception",
        next_step="change it in a statement of its own directly in the `try` or `with`, or after what can fail.",
        loc=user_location(),
    )
    error.protected = step_of or protected
    raise error


def named(classes: Sequence[Sequence[type]]) -> tuple[str, ...]:
    """The classes that handlers name, as `attempt` has them: the first that an exception is of says what it is. So
    those that a handler takes stand before those of the next one, and those derived from a class before it."""
    waiting = list(dict.fromkeys(kind for flat in classes for kind in flat))
    found: list[type] = []
    for flat in classes:
        taken = [kind for kind in waiting if issubclass(kind, tuple(flat))]
        found += sorted(taken, key=lambda kind: -len(kind.__mro__))
        waiting = [kind for kind in waiting if kind not in taken]
    return tuple(map(name_of, found))
