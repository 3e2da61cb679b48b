"""`map`, `filter`, `zip`, `enumerate`, `reversed`: each item is asked for when its trip of the loop begins.

What has as many items as the tensors and lists that it goes over is gone through by position, so several can be walked
along with each other. What has fewer, or depends on a generator, is a generator itself.
"""

from collections import deque
from collections.abc import Callable, ItemsView, Iterable, KeysView, Sequence, ValuesView
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from dy2static.errors import StagingError
from dy2static.runtime.bool_ops import not_, or_
from dy2static.runtime.callables.pulled import Pulled, pulled
from dy2static.runtime.comprehensions import when
from dy2static.runtime.for_stmt import for_
from dy2static.runtime.generators import Emit, Expression, Generator, generator_of, is_over
from dy2static.runtime.if_stmt import if_
from dy2static.staging.containers.iterables import (
    StagedIterable,
    StagedIterator,
    integer,
    is_staged_iterable,
    sequence,
    staged_enumerate,
    staged_iterable,
    staged_reversed,
    staged_zip,
)
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager, is_staged_value
from eager.tensor import Tensor

State = tuple[Any, ...]
OF_PYTHON: Final[tuple[Any, ...]] = (
    list,
    tuple,
    range,
    str,
    bytes,
    dict,
    set,
    frozenset,
    deque,
    KeysView,
    ValuesView,
    ItemsView,
)
"""What Python's own iterators go over."""


def map_(stager: Stager, function: Any, *overs: Any) -> Any:
    if not overs:
        raise TypeError("map() must have at least two arguments.")
    items = overs[0] if len(overs) == 1 else zip_(stager, *overs)
    over = staged_iterable(stager, items)
    if over is not None:

        def mapped(i: Any) -> Any:
            return stager.call(function, over.item(i) if len(overs) > 1 else (over.item(i),), {})

        return StagedIterator(replace(over, item=mapped, calls=True), "map")

    def produce(items: Any, emit: Emit) -> None:
        def trip(item: Any) -> tuple[()]:
            emit(stager.call(function, item if len(overs) > 1 else (item,), {}))
            return ()

        _each(items, trip, (), (), emit)

    return generator_of(items, produce, "map")


def filter_(stager: Stager, function: Any, over: Any) -> Any:
    def produce(items: Any, emit: Emit) -> None:
        def trip(item: Any) -> tuple[()]:
            when(item if function is None else stager.call(function, (item,), {}), lambda: emit(item))
            return ()

        _each(items, trip, (), (), emit)

    return generator_of(over, produce, "filter")


def iter_(stager: Stager, over: Any, *sentinel: Any) -> Any:
    if not sentinel and isinstance(over, StageableList) and over.staged is not None:
        found = staged_iterable(stager, over)
        assert found is not None
        return StagedIterator(found, "list_iterator")
    is_of_python = not sentinel and isinstance(over, (*OF_PYTHON, Tensor))
    return Pulled(over) if is_of_python else pulled(iter(over, *sentinel))


def enumerate_(stager: Stager, over: Any, start: Any = 0) -> Any:
    if not isinstance(over, Generator):
        if is_staged_iterable(over) or isinstance(start, Tensor):
            return StagedIterator(staged_enumerate(stager, over, start), "enumerate")
        return Pulled(enumerate(cast("Iterable[Any]", over), start), (over,))
    start = integer(stager, start)

    def produce(emit: Emit) -> None:
        def trip(item: Any, number: Any) -> State:
            emit((number, item))
            return (number + 1,)

        _each(over, trip, (start,), ("the number",), emit)

    if isinstance(over, Expression) and isinstance(start, int):
        return Expression(enumerate(over, start), _hand_over, "enumerate", produce)
    return Generator(produce, (), kind="enumerate")


def reversed_(stager: Stager, over: Any) -> Any:
    if isinstance(over, OneShot):
        raise TypeError(f"{over.kind!r} object is not reversible")
    if is_staged_iterable(over):
        return StagedIterator(staged_reversed(stager, over), "list_reverseiterator")
    return pulled(reversed(over))


def zip_(stager: Stager, *overs: Any, strict: bool = False) -> Any:
    generators = [over for over in overs if isinstance(over, Generator)]
    others = [over for over in overs if not isinstance(over, Generator)]
    is_of_python = not any(map(is_staged_iterable, others)) and all(isinstance(x, Expression) for x in generators)
    if is_of_python and (len(generators) != 1 or not all(isinstance(x, list | tuple | range) for x in others)):
        return Pulled(zip(*overs, strict=strict), overs)
    if len(generators) > 1:
        raise StagingError(
            "a graph cannot go through two generators at a time, each of which decides when the next trip begins",
            next_step="make lists of all but one: `zip(f(x), list(g(x)))`.",
            loc=user_location(),
        )
    if generators:
        produce = _zip_with_generator(stager, overs, strict)
        if is_of_python:
            return Expression(zip(*overs, strict=strict), _hand_over, "zip", produce)
        return Generator(produce, (), kind="zip")
    inner = [sequence(stager, over) for over in overs]
    zipped = staged_zip(stager, *inner)
    is_even = isinstance(zipped.length, int) and all(isinstance(x.length, int) for x in inner)
    is_even = is_even and all(x.length == zipped.length for x in inner)
    if is_even and strict:
        zipped = replace(zipped, now=None)
    if is_even or not (strict or any(x.calls for x in inner[:-1])):
        return StagedIterator(zipped, "zip")
    return Generator(_zip_of_uneven(stager, zipped, inner, strict), (), kind="zip")


def _check_even(stager: Stager, has_more: Sequence[Any]) -> None:
    """What `zip` with `strict` does after it has asked each for an item: `has_more` says which had one.

    Raises: ValueError when the graph runs, with Python's text, where some had and some had not.
    """
    first, *others = has_more
    for i, has in enumerate(others, 1):
        _check_one(stager, _implies(first, has), i, "shorter")
    for i, has in enumerate(others, 1):
        _check_one(stager, _implies(has, first), i, "longer")


def _implies(a: Any, b: Any) -> Any:
    return or_(not_(a), lambda: b)


def _check_one(stager: Stager, holds: Any, place: int, how: str) -> None:
    text = f"zip() argument {place + 1} is {how} than argument{' ' if place == 1 else 's 1-'}{place}"
    if is_staged_value(holds):
        b = stager.builder
        b.loc = user_location()
        b.check(stager.predicate(holds), error="ValueError", parts=(text,), forms=())
    elif not holds:
        raise ValueError(text)


def _zip_of_uneven(
    stager: Stager, zipped: StagedIterable, inner: Sequence[StagedIterable], strict: bool
) -> Callable[[Emit], None]:
    """`zip` that asks for one item more than it hands over: of those before the shortest, or to see that none has."""

    def produce(emit: Emit) -> None:
        def trip(item: Any, count: Any) -> State:
            emit(item)
            return (count + 1,)

        (count,) = _each(zipped, trip, (0,), ("the position",), emit)
        when(not_(is_over(emit)), lambda: end(count))

    def end(count: Any) -> None:
        has_first = count < inner[0].count()
        when(has_first, lambda: _ask(inner, count, until=False))
        if strict:
            when(not_(has_first), lambda: _ask(inner[1:], count, until=True))
            _check_even(stager, [count < x.count() for x in inner])

    return produce


def _ask(inner: Sequence[StagedIterable], count: Any, until: bool) -> None:
    """Ask each for the item behind `count` others, up to the first that has one, or has none."""
    if not inner:
        return
    has_item = count < inner[0].count()
    when(has_item, lambda: inner[0].item(count))
    when(not_(has_item) if until else has_item, lambda: _ask(inner[1:], count, until))


@dataclass(frozen=True, slots=True)
class _Along:
    """What is walked along with a generator, by length and item as they are now."""

    length: Callable[[], Any]
    item: Callable[[Any], Any]
    calls: bool = False
    """Whether to ask for an item is to call a function of the user's."""


def _along(stager: Stager, over: Any, by_generator: Generator) -> _Along:
    is_of_python = isinstance(over, list | tuple | range) and not is_staged_iterable(over)
    if not is_of_python or not isinstance(by_generator, Expression):
        inner = sequence(stager, over)
        return _Along(inner.count, inner.item, inner.calls)
    items = cast("Sequence[Any]", over)

    def item(i: Any) -> Any:
        return items[i] if isinstance(i, int) else sequence(stager, items).item(i)

    return _Along(items.length if isinstance(items, StageableList) else items.__len__, item)


def _zip_with_generator(stager: Stager, overs: Sequence[Any], strict: bool) -> Callable[[Emit], None]:
    """`zip` of one generator and of what is gone through by position."""
    place = next(i for i, over in enumerate(overs) if isinstance(over, Generator))
    lead = cast("Generator", overs[place])
    before = [_along(stager, over, lead) for over in overs[:place]]
    after = [_along(stager, over, lead) for over in overs[place + 1 :]]
    if any(x.calls for x in before):
        raise StagingError(
            "a `zip` in a graph asks its generator before all others, and here a function is called for what stands "
            "before the generator",
            next_step="make a list of it, or of the generator: `zip(map(f, x), list(g(x)))`.",
            loc=user_location(),
        )

    def produce(emit: Emit) -> None:
        def stop(i: Any, is_through: Any) -> Any:
            ends = () if strict else tuple(_ends(x, i) for x in before)
            return or_(is_over(emit), lambda: is_through, *ends)

        def trip(item: Any, i: Any, is_through: Any) -> State:
            if strict:
                check(i, True)
            taken = (*(x.item(i) for x in before), item)
            if not strict:
                return _take(taken, after, i, emit)
            emit((*taken, *(x.item(i) for x in after)))
            return i + 1, False

        def check(i: Any, has_item: bool) -> None:
            more = [[i < x.length() for x in along] for along in (before, after)]
            _check_even(stager, [*more[0], has_item, *more[1]])

        count, _ = for_(lead, trip, (0, False), ("the position", "the end"), stop=stop)
        if strict:
            when(not_(is_over(emit)), lambda: check(count, False))

    return produce


def _take(taken: State, left: Sequence[_Along], i: Any, emit: Emit) -> State:
    """Hand over what was taken together with the items `i` of what is left; the position behind it, and whether one of
    these has no more items."""
    if not left:
        emit(taken)
        return i + 1, False

    def further() -> State:
        return _take((*taken, left[0].item(i)), left[1:], i, emit)

    return if_(i < left[0].length(), further, lambda: (i, True), (), ("the position", "the end"))


def _ends(along: _Along, i: Any) -> Callable[[], Any]:
    return lambda: i >= along.length()


def _hand_over(items: Any, emit: Emit) -> None:
    def trip(item: Any) -> tuple[()]:
        emit(item)
        return ()

    _each(items, trip, (), (), emit)


def _each(items: Any, trip: Callable[..., State], state: State, names: tuple[str, ...], emit: Emit) -> State:
    """Go over items for one who takes what the trips hand over, and who may say that it is over."""

    def stop(*_: Any) -> Any:
        return is_over(emit)

    return for_(items, trip, state, names, None if emit.stop is None else stop)
