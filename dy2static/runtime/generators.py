"""Generators: they hand their values to the loop that consumes them, which runs inside of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from dy2static.errors import StagingError
from dy2static.runtime.callables.asked import asks_graph
from dy2static.runtime.callables.outside_world import check_objects
from dy2static.runtime.callables.pulled import Pulled
from dy2static.runtime.list_display import list_
from dy2static.staging.containers.iterables import staged_iterable
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.failures.never import OF_STAGING, RaisedInGraph, fail_as, is_of_the_program
from dy2static.staging.failures.raising import can_raise
from dy2static.staging.failures.slips import refuse_slips
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import AttributeCell, ClosureCell
from dy2static.staging.regions.roles import HasState
from dy2static.staging.stager import Stager, is_staged_value
from dy2static.staging.values.staged import current

State = tuple[Any, ...]


class Emit(Protocol):
    """Who takes the values of a generator."""

    @property
    def stop(self) -> Callable[[], Any] | None: ...

    def __call__(self, value: Any) -> None: ...


class Generator(OneShot):
    """What a call of a generator function gives. Nothing of it has run; it runs once, in the loop that consumes it."""

    def __init__(
        self,
        produce: Callable[..., None],
        args: tuple[Any, ...],
        catches: bool = False,
        kind: str = "generator",
        *,
        closes: bool = False,
    ) -> None:
        super().__init__(kind)
        self.produce = produce
        self.args = args
        self.catches = catches
        """Whether a `yield` stands where its function catches exceptions."""
        self.closes = closes
        """Whether a `yield` stands where its function does something when it is left."""

    def run(self, emit: Emit) -> None:
        """Hand all values to `emit`."""
        if self.stager is not None:
            self.use()
        elif self.is_used:
            return
        else:
            self.is_used = True
        self.produce(*self.args, emit)

    def drained(self) -> list[Any]:
        """A list of all values."""
        made = list_([])
        self.run(_Append(made))
        return made

    def __iter__(self) -> Iterator[Any]:
        return super().__iter__() if self.stager is not None else iter(self.drained())


class Expression(Generator):
    """A generator expression over ordinary items: Python may go through it, too, and it goes on where it was left."""

    def __init__(
        self,
        items: Iterable[Any],
        produce: Callable[[Iterable[Any], Emit], None],
        kind: str,
        from_start: Callable[[Emit], None] | None = None,
    ) -> None:
        """`produce` hands over what some of the items give. `from_start` hands over all values, with what `items` comes
        from in the graph where `produce` would have Python ask for them."""
        self.pulled = Pulled(items)
        self.of_items = produce
        if from_start is None and asks_graph(self.pulled.iterator):
            from_start = partial(produce, self.pulled.iterator)
        self.from_start = from_start
        self.ahead: tuple[Any, ...] = ()
        """What the last item has given, and nobody has taken."""
        self.was_left = False
        """Whether a run decides how far it was consumed."""
        super().__init__(self._produce, (), kind=kind)

    def _produce(self, emit: Emit) -> None:
        if self.from_start is not None and self.pulled.given() == 0:
            self.from_start(emit)
        else:
            self.of_items(self.pulled, emit)

    def run(self, emit: Emit) -> None:
        """Hand the values that are left to `emit`."""
        self._check()
        while self.ahead:
            self._check(is_over(emit))
            if is_over(emit):
                return
            emit(self._next_ahead())
        self.produce(emit)
        if emit.stop is not None and is_staged_value(emit.stop()):
            self.was_left = True

    def _check(self, is_left: Any = False) -> None:
        if self.was_left or is_staged_value(is_left):
            raise self.refused("is taken up again after a `break` on a test of the graph")

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._check()
        while not self.ahead:
            made = list_([])
            self.of_items((self.pulled.next_for_python(),), _Append(made))
            if getattr(made, "staged", None) is not None:
                return super().__iter__()
            self._hold(tuple(made))
        return self._next_ahead()

    def _next_ahead(self) -> Any:
        value, *others = self.ahead
        self._hold(tuple(others))
        return value

    def _hold(self, ahead: tuple[Any, ...]) -> None:
        stager = current()
        if stager is not None:
            stager.cells.touch(AttributeCell(self, "ahead"))
        self.ahead = ahead


# Messages of Python name the class.
for cls in (Generator, Expression):
    cls.__name__ = cls.__qualname__ = "generator"


class _Append:
    stop = None

    def __init__(self, made: list[Any]) -> None:
        self.add = made.append

    def __call__(self, value: Any) -> None:
        self.add(value)


class Consumer(HasState):
    """A `for` statement as one who takes the values of a generator: its state is in cells, which the loops and branches
    of the generator carry."""

    def __init__(
        self,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
        stop: Callable[..., Any] | None,
        block: Callable[..., State] | None = None,
    ) -> None:
        """`block` is the user's own part of `body`, where that is more."""
        self.body = body
        self.names = names
        self._stop = stop
        own = block or body
        free = dict(zip(own.__code__.co_freevars, own.__closure__ or (), strict=True))
        self.shared = {i: ClosureCell(free[name], name) for i, name in enumerate(names) if name in free}
        """The variables that functions inside the user's have too, and perhaps the generator's, by place among `names`.
        They hold their values themselves: the generator may bind them."""
        self.own = {i: value for i, value in enumerate(state) if i not in self.shared}
        """The values of the others."""

    @property
    def state(self) -> State:
        """The values of `names` now."""
        return tuple(self.own[i] if i in self.own else self.shared[i].load() for i in range(len(self.names)))

    @property
    def stop(self) -> Callable[[], Any] | None:
        """Whether the loop takes no more values; None where it always takes them all."""
        return None if self._stop is None else self._is_over

    def _is_over(self) -> Any:
        assert self._stop is not None
        return self._stop(*self.state)

    def __call__(self, value: Any) -> None:
        self.take(self.trip(value))

    def trip(self, value: Any) -> State:
        """Run the body; the values of the names after it."""
        stager = current()
        if stager is None:
            return self.body(value, *self.state)
        with stager.cells.noting(list(self.shared.values())):
            return self.body(value, *self.state)

    def state_cells(self) -> Sequence["_StateCell | ClosureCell"]:
        """Where its variables are."""
        return [self._cell(i) for i in range(len(self.names))]

    def _cell(self, i: int) -> "_StateCell | ClosureCell":
        return _StateCell(self, i) if i in self.own else self.shared[i]

    def take(self, state: State) -> None:
        """Have the variables of the loop hold these values."""
        stager, before = current(), self.state
        for i, new in enumerate(state):
            cell = self._cell(i)
            if stager is None:
                cell.store(new)
            elif new is not before[i]:
                stager.cells.put(cell, new)


class RaisedByConsumer(BaseException):
    """On its way through a generator, which must not catch what the loop that consumes it raises."""

    def __init__(self, error: Exception, consumer: Consumer) -> None:
        self.error = error
        self.consumer = consumer


class ConsumerApart(Consumer):
    """A `for` statement that consumes a generator with a `yield` where it catches exceptions: those of the loop pass it
    by. In a graph the loop must raise none there."""

    def __init__(
        self,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
        stop: Callable[..., Any] | None,
    ) -> None:
        super().__init__(body, state, names, stop)
        stager = current()
        self.builder = None if stager is None else stager.builder
        self.attempts = 0 if stager is None else len(stager.attempts)
        self.loc = user_location()

    def __call__(self, value: Any) -> None:
        stager = current()
        mark = 0 if stager is None else len(stager.builder.ops)
        try:
            state = self.trip(value)
        except OF_STAGING as error:
            if isinstance(error, RaisedInGraph):
                self._check(stager, mark)
            raise
        except Exception as error:
            refuse_slips(error)
            if stager is None or stager.builder is self.builder or not is_of_the_program(error):
                raise RaisedByConsumer(error, self) from None
            fail_as(stager, error)
            self._check(stager, mark)
            raise RaisedInGraph from None
        self._check(stager, mark)
        self.take(state)

    def _check(self, stager: Stager | None, mark: int) -> None:
        """Raises: StagingError where an exception of a run would be caught by the generator."""
        if stager is None or len(stager.attempts) <= self.attempts:
            return
        if any(map(can_raise, stager.builder.ops[mark:])):
            raise StagingError(
                "this generator has a `yield` in a `try` with `except`, which would catch what the loop raises when "
                "the graph runs",
                next_step="make a list of it first, `list(...)`, or take the `yield` out of the `try`.",
                loc=self.loc,
            )


@dataclass(frozen=True, slots=True, eq=False)
class _StateCell:
    """One variable of a loop that consumes a generator, which nobody else has."""

    owner: Consumer
    index: int

    @property
    def key(self) -> tuple[str, int, Any]:
        return ("consumed", id(self.owner), self.index)

    @property
    def text(self) -> str:
        return f"`{self.owner.names[self.index]}`"

    def load(self) -> Any:
        return self.owner.own[self.index]

    def of(self, owner: Any) -> "_StateCell":
        """The same variable of another loop."""
        return _StateCell(owner, self.index)

    def store(self, value: Any) -> None:
        self.owner.own[self.index] = value


def generator(
    produce: Callable[..., None], args: tuple[Any, ...], catches: bool = False, closes: bool = False
) -> Generator:
    """What a call of a generator function gives: `produce` takes `args`, and who consumes it; `catches` says that a
    `yield` stands in a `try` with `except`, `closes` that one stands in a `with` or a `try` with `finally`."""
    return Generator(produce, args, catches, closes=closes)


def generator_of(items: Iterable[Any], produce: Callable[[Any, Any], None], kind: str = "generator") -> Generator:
    """A generator expression over `items`, or what does the same; `kind` is Python's name of it."""
    stager = current()
    if stager is not None:
        check_objects(stager, kind, (items,))

    def run(emit: Emit) -> None:
        produce(items, emit)

    if isinstance(items, Expression):
        return Expression(items, produce, kind, run)
    if stager is None or (not isinstance(items, OneShot) and staged_iterable(stager, items) is None):
        made = Expression(items, produce, kind)
        if not isinstance(made.pulled.iterator, OneShot):
            return made
        items = made.pulled.iterator  # of an object whose `__iter__` is converted code
    return Generator(run, (), kind=kind)


def yield_(emit: Emit, value: Any) -> None:
    """`yield value`."""
    emit(value)


def is_over(emit: Emit) -> Any:
    """Whether the loop that takes the values has ended."""
    return False if emit.stop is None else emit.stop()


def consume(
    made: Generator, body: Callable[..., State], state: State, names: tuple[str, ...], stop: Callable[..., Any] | None
) -> State:
    """`for` over a generator: the state after it."""
    consumer = ConsumerApart(body, state, names, stop) if made.catches else Consumer(body, state, names, stop)
    raised: Exception | None = None
    try:
        hand_over(made, consumer)
    except RaisedByConsumer as found:
        if found.consumer is not consumer:
            raise
        raised = found.error
    if raised is not None:
        raise raised
    return consumer.state


def hand_over(made: Generator, consumer: Consumer) -> None:
    """Run a generator for one who consumes it."""
    stager = current()
    if stager is None:
        made.run(consumer)
        return
    for own in (consumer, *(shared.cell for shared in consumer.shared.values())):
        stager.cells.born(own)
    with stager.cells.variables.of(consumer.body):
        made.run(consumer)
