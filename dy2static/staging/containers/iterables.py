"""What a `for` of the graph can go over: tensors, ranges with staged bounds, graph lists, and `enumerate`, `zip` and
`reversed` of them."""

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.staging.containers import lists_written_out
from dy2static.staging.containers.lists import NO_INDEX, StageableList
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.containers.queues import listed
from dy2static.staging.locate import user_location
from dy2static.staging.objects.made import parts_of
from dy2static.staging.values.optional import OptionalObject, kind_of, present
from dy2static.staging.values.shown import unknown_text
from dy2static.staging.values.spec import ChoiceSpec
from dy2static.staging.values.staged import StagedNumber, the_stager
from eager.tensor import Tensor
from graph.dtypes import int64

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


@dataclass(frozen=True, slots=True, eq=False)
class StagedIterable:
    """A sequence by length (an int or a staged int) and item."""

    length: Any
    item: Callable[[Any], Any]
    walked: tuple[StageableList, ...] = ()
    """The lists that the items come from, as they are when their trip begins."""
    now: Callable[[], Any] | None = None
    """The length when a trip begins, where it is other than `length` once a list of `walked` has another."""
    calls: bool = False
    """Whether to ask for an item is to call a function of the user's."""
    is_mixed: bool = False
    """Whether its items are of kinds that no graph can choose between, or that it would have to choose among in each
    trip, as texts and functions: a loop over them is written out where their number is known."""

    def count(self) -> Any:
        """The length as it is now."""
        return self.length if self.now is None else self.now()

    def written_out(self) -> Iterator[Any]:
        """The items one by one, each taken when it is asked for."""
        place = 0
        while place < self.count():
            yield self.item(place)
            place += 1

    def part(self, start: int, length: Any) -> "StagedIterable":
        """The `length` items behind the first `start`."""
        count = self.now
        now = None if count is None else lambda: count() - start

        def item(i: Any) -> Any:
            return self.item(i + start)

        return StagedIterable(length, item, self.walked, now, self.calls, self.is_mixed)


@dataclass(frozen=True, slots=True, eq=False)
class StagedRange(StagedIterable):
    """A `range` with staged bounds. Converted code asks it what it may ask a `range`."""

    start: Any = 0
    stop: Any = 0
    step: Any = 1

    def __len__(self) -> Any:
        return self.length

    def __contains__(self, item: Any) -> Any:
        if not isinstance(item, Tensor | int | float):
            return False
        return the_stager().call(lists_written_out.is_in_range, (self, item), {})

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise _refused("a slice of a `range`")
        return the_stager().call(lists_written_out.item_of_range, (self, index), {})

    def __iter__(self) -> Iterator[Any]:
        raise _refused("iteration outside of a `for` of converted code")

    def __eq__(self, other: object) -> bool:
        raise _refused("`==` of a `range`")

    def __repr__(self) -> str:
        if not isinstance(self.step, int):
            raise unknown_text()
        return f"range({self.start}, {self.stop}{'' if self.step == 1 else f', {self.step}'})"

    __hash__ = None  # pyright: ignore[reportAssignmentType]


def _refused(what: str) -> StagingError:
    return StagingError(
        f"{what}: not available where its bounds are known only when the graph runs",
        next_step="use a `for` over it, `len`, `in`, an index, or a list of its items.",
        loc=user_location(),
    )


class StagedIterator(OneShot):
    """What `enumerate`, `zip`, `map` or `reversed` of something in the graph gives; `kind` is Python's name of it."""

    def __init__(self, over: StagedIterable, kind: str) -> None:
        super().__init__(kind)
        self._over = over

    def taken(self) -> StagedIterable:
        """What it goes over, for the one who does."""
        self.use()
        return self._over

    def drained(self) -> list[Any]:
        """A list of all items."""
        is_known = isinstance(self._over.length, int)
        return StageableList(iter(self)) if is_known else the_stager().call(list, (self,), {})

    def __iter__(self) -> Iterator[Any]:
        over = self._over
        return map(self.taken().item, range(over.length)) if isinstance(over.length, int) else super().__iter__()


def staged_iterable(stager: "Stager", value: Any) -> StagedIterable | None:
    """`value` as what a loop of the graph goes over; None for a Python iterable. An iterator is used up.

    Raises: TypeError, with Python's text, for a 0-d tensor.
    """
    if isinstance(value, StagedIterator):
        return value.taken()
    if isinstance(value, StagedIterable):
        return value
    value = listed(present(value, "TypeError", "'NoneType' object is not iterable"))
    if isinstance(value, StagedNumber):
        stager.raise_in_graph(TypeError, (f"{kind_of(value)!r} object is not iterable",))
    if isinstance(value, Tensor):
        if not value.ndim:
            raise TypeError("iteration over a 0-d array")
        return StagedIterable(value.shape[0], value.__getitem__)
    if isinstance(value, StageableList) and value.staged is not None:
        return StagedIterable(value.length(), value.__getitem__, (value,), value.length)
    return None


def rest_of_list(stager: "Stager", walked: StageableList, done: int) -> StagedIterable:
    """What a loop that has had `done` items of a list has before it, now that the list is one of the graph."""

    def left() -> Any:
        return walked.length() - done

    length = StagedNumber.of(stager.builder.maximum(stager.lift(left()), 0))
    return StagedIterable(length, lambda i: walked[i + done], (walked,), left)


def is_staged_iterable(value: Any) -> bool:
    """Whether a `for` over `value` is a loop of the graph."""
    value = listed(value)
    return isinstance(value, (StagedIterable, StagedIterator, Tensor, OptionalObject)) or (
        isinstance(value, StageableList) and value.staged is not None
    )


def staged_range(stager: "Stager", *bounds: Any) -> StagedIterable:
    """`range` with staged bounds; a zero step raises ValueError when the graph runs, with Python's text."""
    start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    start, stop, step = (integer(stager, x) for x in (start, stop, step))
    b = stager.builder
    b.loc = user_location()
    if isinstance(step, int):
        if step == 0:
            raise ValueError("range() arg 3 must not be zero")
        trips = (stop - start + (step - 1 if step > 0 else step + 1)) // step
    else:
        value = stager.lift(step)
        b.check(b.ne(value, 0), error="ValueError", parts=("range() arg 3 must not be zero",), forms=())
        # ceil((stop - start) / step), for either sign of the step
        trips = -((start - stop) // StagedNumber.of(b.where(b.eq(value, 0), b.constant(1, int64), value)))
    length = trips if isinstance(trips, int) else StagedNumber.of(b.maximum(stager.lift(trips), 0))
    return StagedRange(length, lambda i: start + i * step, start=start, stop=stop, step=step)


def integer(stager: "Stager", x: Any) -> Any:
    """A Python integer, or one of the graph, which a tensor may be too. Raises TypeError for what is none."""
    if isinstance(x, int | np.integer):
        return operator.index(cast("int", x))
    is_number = isinstance(x, StagedNumber)
    if isinstance(x, Tensor) and x.ndim == 0 and x.dtype.kind in ("ib" if is_number else "iu"):
        return StagedNumber.of(stager.cast_to(x, int64))
    if isinstance(x, Tensor) and not is_number:
        raise TypeError(NO_INDEX)
    raise TypeError(f"{kind_of(x)!r} object cannot be interpreted as an integer")


def staged_enumerate(stager: "Stager", over: Any, start: Any = 0) -> StagedIterable:
    """`enumerate` over a staged sequence."""
    start = integer(stager, start)
    inner = sequence(stager, over)

    def item(i: Any) -> Any:
        return start + i, inner.item(i)

    return StagedIterable(inner.length, item, inner.walked, inner.now, inner.calls, inner.is_mixed)


def staged_reversed(stager: "Stager", over: Any) -> StagedIterable:
    """`reversed` of a staged sequence."""
    inner = sequence(stager, over)

    def item(i: Any) -> Any:
        return inner.item(inner.length - 1 - i)

    return StagedIterable(inner.length, item, inner.walked, None, inner.calls, inner.is_mixed)


def staged_zip(stager: "Stager", *overs: Any) -> StagedIterable:
    """`zip` of sequences, the shortest decides; ordinary lists and tuples take part where all their items are alike."""
    inner = [sequence(stager, over) for over in overs]

    def now() -> Any:
        return shortest(stager, [x.count() for x in inner])

    walked = tuple(held for x in inner for held in x.walked)
    return StagedIterable(
        shortest(stager, [x.length for x in inner]),
        lambda i: tuple(x.item(i) for x in inner),
        walked,
        now if walked else None,
        any(x.calls for x in inner),
        any(x.is_mixed for x in inner),
    )


def shortest(stager: "Stager", lengths: Sequence[Any]) -> Any:
    """The least of ints and staged ints."""
    least, *others = lengths
    b = stager.builder
    for other in others:
        if isinstance(least, int) and isinstance(other, int):
            least = min(least, other)
        else:
            least = StagedNumber.of(b.minimum(stager.lift(least), stager.lift(other)))
    return least


def sequence(stager: "Stager", over: Any) -> StagedIterable:
    """`staged_iterable` of what may be an ordinary list, tuple or range, too.

    Raises: StagingError for anything else.
    """
    found = staged_iterable(stager, over)
    if found is not None:
        return found
    if isinstance(over, range):
        return StagedIterable(len(over), lambda i: over.start + i * over.step)
    if isinstance(over, (list, tuple, str)):
        return _of_ordinary(cast("Sequence[Any]", over))
    kind = type(over).__name__
    raise StagingError(
        f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} cannot be walked along with a tensor in a loop of the graph",
        next_step="make it a list or a tensor first; for `itertools.count`, use `enumerate` with a start.",
        loc=user_location(),
    )


def _parts(held: StageableList) -> Iterator[Any]:
    """What an element of a list of the graph is made of."""
    return iter(()) if held.staged is None or held.staged.element is None else parts_of(held.staged.element)


def _of_ordinary(items: Sequence[Any]) -> StagedIterable:
    """A list, tuple or text of Python; its items need to be alike where the graph says which is asked for."""
    at_first = tuple(items)
    held: StageableList | StagingError
    try:
        held = StageableList(at_first).as_staged()
    except StagingError as error:
        held = error

    def of_graph(i: Any) -> Any:
        if isinstance(held, StagingError):
            raise StagingError(
                held.what,
                next_step="go over the list by itself, and index what goes along: `for i, item in enumerate(items)`.",
                loc=user_location(),
            )
        return held[i]

    is_mixed = isinstance(held, StagingError) or any(isinstance(part, ChoiceSpec) for part in _parts(held))
    if not isinstance(items, StageableList):

        def fixed(i: Any) -> Any:
            return at_first[i] if isinstance(i, int) else of_graph(i)

        return StagedIterable(len(at_first), fixed, is_mixed=is_mixed)

    def item(i: Any) -> Any:
        if isinstance(i, int):
            return items[i]
        now = items.ordinary()  # empty once it is a list of the graph
        is_as_at_first = len(now) == len(at_first) and all(map(operator.is_, now, at_first))
        return of_graph(i) if is_as_at_first else items[i]

    return StagedIterable(len(at_first), item, (items,), items.length, is_mixed=is_mixed)
