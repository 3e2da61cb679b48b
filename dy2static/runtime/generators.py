"""Generators: they hand their values to the loop that consumes them, which runs inside of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from dy2static.errors import StagingError
from dy2static.runtime.list_display import list_
from dy2static.staging.attempt import OF_STAGING, can_raise
from dy2static.staging.cells import AttributeCell
from dy2static.staging.iterables import staged_iterable
from dy2static.staging.locate import user_location
from dy2static.staging.never import RaisedInGraph, fail_as, is_of_the_program
from dy2static.staging.staged import current
from dy2static.staging.stager import Stager, is_staged_value

State = tuple[Any, ...]


class Emit(Protocol):
    """Who takes the values of a generator."""

    @property
    def stop(self) -> Callable[[], Any] | None: ...

    def __call__(self, value: Any) -> None: ...


class Generator:
    """What a call of a generator function gives. Nothing of it has run; it runs once, in the loop that consumes it."""

    def __init__(self, produce: Callable[..., None], args: tuple[Any, ...], catches: bool = False) -> None:
        self.produce = produce
        self.args = args
        self.catches = catches
        """Whether a `yield` stands where its function catches exceptions."""
        self.stager = stager = current()
        self.builder = None if stager is None else stager.builder
        self.is_used = False
        if stager is not None:
            stager.cells.born(self)

    def run(self, emit: Emit) -> None:
        """Hand all values to `emit`."""
        if self.stager is not None:
            self._begin()
        elif self.is_used:
            return
        self.is_used = True
        self.produce(*self.args, emit)

    def _begin(self) -> None:
        stager = current()
        if stager is None or stager is not self.stager or stager.builder is not self.builder:
            raise self._refused("is consumed under a test or in a loop of the graph, outside of which it was made")
        if self.is_used:
            raise self._refused("is consumed a second time")
        stager.cells.put(AttributeCell(self, "is_used"), True)

    def _refused(self, what: str) -> StagingError:
        return StagingError(
            f"a generator {what}",
            next_step="make it where it is consumed: call the generator function in the `for` statement itself.",
            loc=user_location(),
        )

    __drains__ = True

    def drained(self) -> list[Any]:
        """A list of all values."""
        made = list_([])
        self.run(_Append(made))
        return made

    def __iter__(self) -> Iterator[Any]:
        if self.stager is None:
            return iter(self.drained())
        raise StagingError(
            "a generator can be consumed here only by a `for` statement, a comprehension, or by `list`, `tuple`, `sum` "
            "and their like",
            next_step="make a list of it first: `list(...)`.",
            loc=user_location(),
        )

    def __next__(self) -> Any:
        raise StagingError(
            "`next` of a generator cannot be part of a graph",
            next_step="consume it with a `for` statement; `break` ends it early.",
            loc=user_location(),
        )


class Expression(Generator):
    """A generator expression over ordinary items: Python may go through it, too, and it goes on where it was left."""

    def __init__(self, items: Iterable[Any], produce: Callable[[Iterable[Any], Emit], None]) -> None:
        self.items = _Pulled(items)
        self.of_items = produce
        self.ahead: list[Any] = []
        """What the last item has given, and nobody has taken."""
        self.was_left = False
        """Whether a run decides how far it was consumed."""
        super().__init__(self._produce, ())

    def _produce(self, emit: Emit) -> None:
        self.of_items(self.items, emit)

    def run(self, emit: Emit) -> None:
        """Hand the values that are left to `emit`."""
        self._check()
        self.produce(emit)
        if emit.stop is not None and is_staged_value(emit.stop()):
            self.was_left = True

    def _check(self) -> None:
        if self.was_left:
            raise self._refused("is taken up again after a `break` on a test of the graph")

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._check()
        while not self.ahead:
            made = list_([])
            self.of_items((next(self.items),), _Append(made))
            if getattr(made, "staged", None) is not None:
                return super().__iter__()
            self.ahead = [*made]
        return self.ahead.pop(0)


class _Pulled:
    """The items of an iterable, each asked for once. How many were given is a note, which a trial takes back."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.iterator = iter(items)
        self.seen: list[Any] = []
        self.count = 0
        stager = current()
        if stager is not None:
            stager.cells.born(self)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self.count == len(self.seen):
            self.seen.append(next(self.iterator))
        item = self.seen[self.count]
        stager = current()
        if stager is not None:
            stager.cells.touch(AttributeCell(self, "count"))
        self.count += 1
        return item


class _Append:
    stop = None

    def __init__(self, made: list[Any]) -> None:
        self.add = made.append

    def __call__(self, value: Any) -> None:
        self.add(value)


class Consumer:
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
        self.state = state
        self.names = names
        self.stop = None if stop is None else lambda: stop(*self.state)
        own = block or body
        free = dict(zip(own.__code__.co_freevars, own.__closure__ or (), strict=True))
        self.shared = {i: free[name] for i, name in enumerate(names) if name in free}
        """The variables that functions inside the user's read, and perhaps the generator's, by place among `names`."""

    def __call__(self, value: Any) -> None:
        stager = current()
        if stager is not None:
            for shared in self.shared.values():
                stager.cells.born(shared)
        self.take(self.body(value, *self.state))

    def take(self, state: State) -> None:
        """Have the variables of the loop hold these values."""
        stager, before = current(), self.state
        if stager is None:
            self.state = state
            return
        for i, new in enumerate(state):
            if new is before[i]:
                continue
            stager.cells.put(_StateCell(self, i), new)


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
        self.attempts = 0 if stager is None else stager.attempts
        self.loc = user_location()

    def __call__(self, value: Any) -> None:
        stager = current()
        mark = 0 if stager is None else len(stager.builder.ops)
        try:
            state = self.body(value, *self.state)
        except OF_STAGING as error:
            if isinstance(error, RaisedInGraph):
                self._check(stager, mark)
            raise
        except Exception as error:
            if stager is None or stager.builder is self.builder or not is_of_the_program(error):
                raise RaisedByConsumer(error, self) from None
            fail_as(stager, error)
            self._check(stager, mark)
            raise RaisedInGraph from None
        self._check(stager, mark)
        self.take(state)

    def _check(self, stager: Stager | None, mark: int) -> None:
        """Raises: StagingError where an exception of a run would be caught by the generator."""
        if stager is None or stager.attempts <= self.attempts:
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
    """One variable of a loop that consumes a generator."""

    owner: Consumer
    index: int

    @property
    def key(self) -> tuple[str, int, Any]:
        return ("consumed", id(self.owner), self.index)

    @property
    def text(self) -> str:
        return f"`{self.owner.names[self.index]}`"

    def load(self) -> Any:
        return self.owner.state[self.index]

    def of(self, owner: Any) -> "_StateCell":
        """The same variable of another loop."""
        return _StateCell(owner, self.index)

    def store(self, value: Any) -> None:
        state = list(self.owner.state)
        state[self.index] = value
        self.owner.state = tuple(state)
        if self.index in self.owner.shared:
            self.owner.shared[self.index].cell_contents = value


def generator(produce: Callable[..., None], args: tuple[Any, ...], catches: bool = False) -> Generator:
    """What a call of a generator function gives: `produce` takes `args`, and who consumes it; `catches` says that a
    `yield` stands in a `try` with `except`."""
    return Generator(produce, args, catches)


def generator_of(items: Iterable[Any], produce: Callable[[Any, Any], None]) -> Generator:
    """A generator expression over `items`."""
    stager = current()
    if stager is None or (staged_iterable(stager, items) is None and not isinstance(items, Generator)):
        return Expression(items, produce)

    def run(emit: Emit) -> None:
        produce(items, emit)

    return Generator(run, ())


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
    if stager is not None:
        for own in (consumer, *consumer.shared.values()):
            stager.cells.born(own)
    made.run(consumer)
