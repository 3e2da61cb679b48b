"""Queues (`collections.deque`) that converted code makes: objects whose items are a list of converted code.

So control flow of the graph changes them as it changes lists. What takes a loop or a decision is converted like a
user's function. To the program they are deques, which is what leaves a run.
"""

import operator
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.values.staged import the_stager
from eager.recorder import converts
from graph.dtypes import DType

QUEUE: Final[Any] = deque
OUT_OF_RANGE: Final = "deque index out of range"


class Queue:
    """A deque while it is staged: `held` from left to right, at most `maxlen`."""

    __plain__ = True
    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __init__(self, items: StageableList, maxlen: int | None) -> None:
        self.held = items
        self.maxlen = maxlen
        self.moves: Any = None
        """How often its items have moved, while a loop goes over them that moves some."""

    @converts
    def moved(self) -> None:
        """What a loop over the items takes for a mistake has happened."""
        the_stager().lists.check_not_walked(self.held, resizes=True)
        if self.moves is not None:
            self.moves += 1

    @converts
    def append(self, item: Any, /) -> None:
        self.moved()
        self.held.append(item)
        if self.maxlen is not None and len(self.held) > self.maxlen:
            self.held.pop(0)

    @converts
    def appendleft(self, item: Any, /) -> None:
        self.moved()
        self.held.insert(0, item)
        if self.maxlen is not None and len(self.held) > self.maxlen:
            self.held.pop()

    @converts
    def extend(self, items: Iterable[Any], /) -> None:
        for item in list(items) if items is self else items:
            self.append(item)

    @converts
    def extendleft(self, items: Iterable[Any], /) -> None:
        for item in list(items) if items is self else items:
            self.appendleft(item)

    @converts
    def insert(self, index: Any, item: Any, /) -> None:
        if self.maxlen is not None and len(self.held) >= self.maxlen:
            raise IndexError("deque already at its maximum size")
        self.moved()
        self.held.insert(index, item)

    @converts
    def pop(self) -> Any:
        if len(self.held) == 0:
            raise IndexError("pop from an empty deque")
        self.moved()
        return self.held.pop()

    @converts
    def popleft(self) -> Any:
        if len(self.held) == 0:
            raise IndexError("pop from an empty deque")
        self.moved()
        return self.held.pop(0)

    @converts
    def rotate(self, n: Any = 1, /) -> None:
        if len(self.held) > 1:
            self.moved()
            for _ in range(n % len(self.held)):
                self.held.insert(0, self.held.pop())

    @converts
    def index(self, item: Any, *bounds: Any) -> Any:
        if item not in self.held:
            raise ValueError(f"{item!r} is not in deque")
        return self.held.index(item, *bounds)

    @converts
    def remove(self, item: Any, /) -> None:
        if item not in self.held:
            raise ValueError("deque.remove(x): x not in deque")
        self.moved()
        self.held.remove(item)

    def count(self, item: Any, /) -> Any:
        return self.held.count(item)

    def reverse(self) -> None:
        self.held.reverse()

    @converts
    def clear(self) -> None:
        if self.moves is not None and len(self.held) > 0:
            self.moved()
        self.held.clear()

    def copy(self) -> "Queue":
        return _born(self.held.copy(), self.maxlen)

    def __copy__(self) -> "Queue":
        return Queue(self.held.copy(), self.maxlen)

    def __len__(self) -> Any:
        return self.held.length()

    def __bool__(self) -> Any:
        return self.held.length() > 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.held)

    def __contains__(self, item: Any) -> Any:
        return self.held.holds(item)

    def __getitem__(self, index: Any) -> Any:
        return the_stager().call(item_at, (self.held, _place(index)), {})

    def __setitem__(self, index: Any, item: Any) -> None:
        the_stager().call(set_at, (self.held, _place(index), item), {})

    def __delitem__(self, index: Any) -> None:
        the_stager().call(delete_at, (self, _place(index)), {})

    def __iadd__(self, items: Iterable[Any]) -> "Queue":
        the_stager().call(self.extend, (items,), {})
        return self

    def __add__(self, other: Any) -> "Queue":
        if not isinstance(other, KINDS):
            return QUEUE() + other  # which says what is wrong
        made = self.copy()
        made += other
        return made

    def __radd__(self, other: Any) -> "Queue":
        if not isinstance(other, deque):
            return NotImplemented
        return _queue(cast("deque[Any]", other)) + self

    def __mul__(self, times: Any) -> "Queue":
        return _born(_last(self.held * times, self.maxlen), self.maxlen)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> Any:
        return self.held == _items(other) if isinstance(other, KINDS) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return self.held != _items(other) if isinstance(other, KINDS) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return self.held < _items(other) if isinstance(other, KINDS) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return self.held <= _items(other) if isinstance(other, KINDS) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return self.held > _items(other) if isinstance(other, KINDS) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return self.held >= _items(other) if isinstance(other, KINDS) else NotImplemented

    def __stack__(self, axis: int) -> Any:
        return self.held.__stack__(axis)

    def __gather__(self, dtype: DType | None) -> Any:
        return self.held.__gather__(dtype)

    def __concat__(self, axis: int) -> Any:
        return self.held.__concat__(axis)

    def __repr__(self) -> str:
        bound = "" if self.maxlen is None else f", maxlen={self.maxlen}"
        return f"deque({self.held!r}{bound})"


# Messages of Python, and ours, name the class: to the program it is a deque.
Queue.__name__ = Queue.__qualname__ = "deque"
KINDS: Final = (Queue, deque)
"""A queue that is staged, and one from outside, which is none until something is taken from it."""


def _items(queue: Any) -> list[Any]:
    return queue.held if isinstance(queue, Queue) else list(queue)


def _queue(outside: "deque[Any]") -> Queue:
    """A queue with what is in one from outside."""
    return _born(StageableList(outside), outside.maxlen)


def queue_of(items: StageableList, maxlen: Any) -> Queue:
    """What `deque(items, maxlen)` gives. Raises what Python raises for such a bound."""
    if maxlen is not None and not hasattr(maxlen, "__index__"):
        raise TypeError("an integer is required")
    bound = None if maxlen is None else operator.index(maxlen)
    if bound is not None and bound < 0:
        raise ValueError("maxlen must be non-negative")
    return _born(_last(items, bound), bound)


def as_left(fields: Mapping[str, Any]) -> Any:
    """The deque that leaves a run for a queue of these attributes."""
    return QUEUE(fields["held"], fields["maxlen"])


def listed(value: Any) -> Any:
    """The items of a queue, for what goes over them; what is none, as it is."""
    return value.held if isinstance(value, Queue) else value


@converts
def item_at(items: Any, index: Any) -> Any:
    """`queue[index]`."""
    if index >= len(items) or index < -len(items):
        raise IndexError(OUT_OF_RANGE)
    return items[index]


@converts
def set_at(items: Any, index: Any, item: Any) -> None:
    """`queue[index] = item`."""
    if index >= len(items) or index < -len(items):
        raise IndexError(OUT_OF_RANGE)
    items[index] = item


@converts
def delete_at(queue: Any, index: Any) -> None:
    """`del queue[index]`."""
    if index >= len(queue.held) or index < -len(queue.held):
        raise IndexError(OUT_OF_RANGE)
    queue.moved()
    del queue.held[index]


@converts
def walked(queue: Any) -> Iterator[Any]:
    """The items of a queue, as a loop goes over them that changes the queue. Raises what Python raises where they have
    moved, be there as many as before."""
    if queue.moves is None:
        queue.moves = 0
    count = queue.moves
    for item in queue.held:
        if queue.moves != count:
            raise RuntimeError("deque mutated during iteration")
        yield item
    if queue.moves != count:
        raise RuntimeError("deque mutated during iteration")


@converts
def last_of(items: Any, maxlen: Any) -> Any:
    """The last items, as many as there may be."""
    return items[max(len(items) - maxlen, 0) :]


def _last(items: StageableList, maxlen: int | None) -> StageableList:
    return items if maxlen is None else the_stager().call(last_of, (items, maxlen), {})


def _place(index: Any) -> Any:
    if isinstance(index, slice):
        raise TypeError("sequence index must be integer, not 'slice'")
    return index


def _born(items: StageableList, maxlen: int | None) -> Queue:
    stager = the_stager()
    stager.builder.loc = user_location()
    made = Queue(items, maxlen)
    stager.cells.made(made)
    return made
