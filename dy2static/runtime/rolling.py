"""Python loops that put too much into the graph: from some trip on they become loops of the graph, if their body can.

So the time that staging takes grows with the source and not with the number of trips.
"""

import ast
import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol, cast, runtime_checkable

import numpy as np

from dy2static.errors import StagingError, UnrolledLoopWarning
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedNumber, StagedTensor, the_stager
from graph.errors import GraphError

MOST_OPS: Final = 300
"""Ops that the trips of a Python loop may put into the graph before the rest of them is rolled."""
TOO_MANY_OPS: Final = 3000
"""And how many they may be before there is a warning, where the body cannot be rolled."""
MOST_OPS_WITHOUT_END: Final = 100_000
"""And how many at most where a run decides when the loop ends, over an iterator that may have no end of its own."""
MOST_COUNTED: Final = 1 << 62
"""How far an `itertools.count` goes: within the integers of a graph."""
SOME_ADDED: Final = 300
"""Items that a loop may go over which its own body has added to the list, before the rest of it is rolled."""
MOST_ADDED: Final = 10_000
"""And how many they may be where the body cannot be rolled. On a path that no run takes there may be no end of them."""
State = tuple[Any, ...]


class Roller:
    """Watches one Python loop while it is staged."""

    def __init__(self, stager: Stager, walked: Sequence[StageableList] = ()) -> None:
        self._stager = stager
        self._builder = stager.builder
        self._seen = len(stager.builder.ops)
        self._count = 0
        self._trips = 0
        self._at_first = min((len(held) for held in walked if held.staged is None), default=None)
        self._is_tried = False
        self._why = ""
        """What kept the body from being rolled, until there was a warning."""

    @property
    def added(self) -> int:
        """How many items the loop has gone over that its body has added."""
        return 0 if self._at_first is None else max(self._trips - self._at_first, 0)

    def is_due(self) -> bool:
        """Whether the loop has put so much into the graph, or into the list that it goes over, that the rest of it
        should be rolled; each is true once a loop.

        Raises: StagingError where there is no end of the items that the body adds.
        """
        new = self._builder.ops[self._seen :]
        self._seen = len(self._builder.ops)
        self._count += sum(1 + sum(len(region.ops) for region in op.regions) for op in new)
        self._trips += 1
        if self.added > MOST_ADDED:
            raise _endless(self._why)
        if self._is_tried:
            if self._why and self._count > TOO_MANY_OPS:
                _warn(self._stager, self._why)
                self._why = ""
            return self.added == SOME_ADDED
        self._is_tried = self._count > MOST_OPS
        return self._is_tried or self.added == SOME_ADDED

    def refuse_no_end(self, items: Iterator[Any]) -> None:
        """Raises: StagingError for a loop that goes on and on over an iterator, and that a run would leave."""
        if self._count > MOST_OPS_WITHOUT_END:
            raise StagingError(
                f"this loop has put more than {MOST_OPS_WITHOUT_END} ops into the graph and has not ended: a run "
                f"decides when it does, and its {type(items).__name__} gives one item after the other",
                next_step="go over a list of the items, or write it as a `while`, or as a `for` over `range` or "
                "`itertools.count`.",
                loc=user_location(),
            )

    def roll(self, rest: Callable[[], State]) -> State | None:
        """The state after `rest`, which stages the remaining trips as a loop of the graph; None when the body cannot be
        one."""
        stager = self._stager
        stager.rolled += 1
        with stager.cells.variables.of(rest), stager.trial() as trial:
            try:
                state = rest()
                trial.keep()
                return state
            except Exception as error:
                self._why = error.what if isinstance(error, GraphError) else str(error) or type(error).__name__
            finally:
                stager.rolled -= 1
        self._seen = len(stager.builder.ops)
        return None


@runtime_checkable
class Noted(Protocol):
    """An iterator that says where it is (`pulled.Pulled`)."""

    @property
    def walked(self) -> tuple[StageableList, ...]: ...
    def at_hand(self) -> Sequence[Any]: ...


def items_left(items: Iterator[Any]) -> Sequence[Any]:
    """The items that an iterator of Python's own has still to give; it stays where it is.

    Raises: TypeError for another iterator: asking it for items could have effects.
    """
    if isinstance(items, itertools.count):
        return _counted(items)
    if isinstance(items, Noted):
        return items.at_hand()
    kind, args, *state = _state_of(items)
    if kind is iter and isinstance(args[0], OF_PYTHON):
        return [*args[0]][state[0] if state else 0 :]
    if kind is enumerate:
        return list(enumerate(items_left(args[0]), args[1]))
    if kind is zip and not state:
        return list(zip(*map(items_left, args), strict=False))
    if kind is reversed and state and isinstance(args[0], OF_PYTHON):
        return [*args[0]][state[0] :: -1] if state[0] >= 0 else []
    raise TypeError(_not_at_hand(items))


def _counted(items: "itertools.count[Any]") -> Sequence[int]:
    """What an `itertools.count` has still to give: so many items that no run comes to their end."""
    # Its text is asked, as Python is about to give up its state for pickling.
    written: Any = ast.literal_eval(repr(items).removeprefix("count"))
    first, step = cast("tuple[Any, Any]", written if isinstance(written, tuple) else (written, 1))
    if not (type(first) is int and type(step) is int and step):
        raise TypeError("it goes over an `itertools.count` that does not count by an integer")
    return range(first, first + MOST_COUNTED // abs(step) * step, step)


def lists_of(items: Iterator[Any]) -> tuple[StageableList, ...]:
    """The lists of converted code that are not in the graph, and that an iterator of Python's own goes over."""
    if isinstance(items, Noted):
        return items.walked
    try:
        kind, args, *_ = _state_of(items)
    except TypeError:
        return ()
    if kind is iter or kind is reversed:
        return tuple(held for held in args if isinstance(held, StageableList) and held.staged is None)
    inner = args if kind is zip else args[:1] if kind is enumerate else ()
    return tuple(held for each in inner for held in lists_of(each))


def refuse_staged(walked: Sequence[StageableList]) -> None:
    """Raises: StagingError where one of the lists is in the graph by now, and so is empty for Python's iterators."""
    if any(held.staged is not None for held in walked):
        the_stager().lists.refuse_walk()


def table_of(stager: Stager, items: Sequence[Any]) -> Callable[[Any], Any] | None:
    """Items by their index in a trip of a loop, from one constant: for numbers of one kind, and tuples of such."""
    kinds = set(map(type, items))
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is tuple and len(set(map(len, items))) == 1:
        columns = [table_of(stager, column) for column in zip(*items, strict=True)]
        return (lambda i: tuple(column(i) for column in columns if column is not None)) if all(columns) else None
    if kind not in (bool, int, float) or (kind is int and any(abs(item) >> 63 for item in items)):
        return None
    table = StagedTensor.of(stager.builder.constant(list(items)))
    return lambda i: StagedNumber.of(stager.lift_tensor(table[i]))


def _state_of(items: Iterator[Any]) -> tuple[Any, ...]:
    """What an iterator is made of, as `copy` asks for it."""
    try:
        found: Any = items.__reduce__() if type(items).__module__ == "builtins" else ()
    except TypeError:
        found = ()
    if not isinstance(found, tuple) or len(cast("tuple[Any, ...]", found)) < 2:
        raise TypeError(_not_at_hand(items))
    return cast("tuple[Any, ...]", found)


def _not_at_hand(items: Iterator[Any]) -> str:
    kind = type(items).__name__ if type(items).__module__ == "builtins" else "generator"
    return f"the items of a {kind} come one by one; make a list of them before the loop"


OF_PYTHON: Final = (list, tuple, range, str, np.ndarray)
"""What can be gone through without being changed."""


def _endless(why: str) -> StagingError:
    reason = f", and its body cannot be that of a loop of the graph: {why}" if why else ""
    return StagingError(
        f"this loop adds items to the list that it goes over and has not ended after {MOST_ADDED} of them{reason}",
        next_step="go over a copy of the list (`for x in list(items)`), or count the trips (`for i in range(n)`).",
        loc=user_location(),
    )


def _warn(stager: Stager, why: str) -> None:
    loc = user_location()
    if (loc.file, loc.line) in stager.warned:
        return
    stager.warned.add((loc.file, loc.line))
    warnings.warn_explicit(
        f"this loop has put more than {TOO_MANY_OPS} ops into the graph and goes on: it is unrolled, as its body "
        f"cannot be that of a loop of the graph: {why}.\n"
        "  Next: index a tensor or a list in the body, where it needs an ordinary value of each trip; then its size "
        "does not matter.",
        UnrolledLoopWarning,
        loc.file,
        loc.line,
    )
