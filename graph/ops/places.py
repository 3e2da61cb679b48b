"""Places of tensors in native code: all of them, and those of the elements that count as true."""

from collections.abc import Callable, Sequence
from typing import Any

from graph.dtypes import bool_, int64
from graph.ir.lowering import LoopEmitter

Size = Any
Sizes = tuple[Any, ...]


class each:  # noqa: N801 (reads as a statement)
    """`with each(e, sizes) as index`: loops over all places of a shape, the last axis innermost."""

    def __init__(self, e: LoopEmitter, sizes: Sequence[Size], *, parallel: bool = False) -> None:
        last = len(sizes) - 1
        self._loops = [e.loop(n, parallel=parallel and k == last) for k, n in enumerate(sizes)]

    def __enter__(self) -> Sizes:
        return tuple(loop.__enter__() for loop in self._loops)

    def __exit__(self, *error: Any) -> None:
        for loop in reversed(self._loops):
            loop.__exit__(*error)


def _is_true(e: LoopEmitter, x: Any, at: Sizes) -> Any:
    """1 or 0."""
    return e.convert(e.convert(e.load(x, at), bool_), int64)


def count_of(e: LoopEmitter, x: Any) -> Size:
    """How many elements are true."""
    total = e.variable(e.const(0, int64))
    with each(e, e.sizes(x)) as at:
        total.set(e.add(total.get(), _is_true(e, x, at)))
    return total.get()


def each_chosen(e: LoopEmitter, x: Any, count: Size, visit: Callable[[Size, Sizes], None]) -> None:
    """`visit(k, at)` for the elements that are true, of which there are `count`: the k-th, in C order, is at `at`.

    It is called for others too, with the k of the next: without a branch, what is written there is written again.
    """
    *outer, last = e.sizes(x)
    end = e.variable(e.const(0, int64))
    with each(e, outer) as lead:
        i = e.variable(e.const(0, int64))
        with e.loop_while(lambda: e.bit_and(e.lt(i.get(), last), e.lt(end.get(), count))):
            at = (*lead, i.get())
            visit(end.get(), at)
            end.set(e.add(end.get(), _is_true(e, x, at)))
            i.set(e.add(i.get(), 1))


def places_of(e: LoopEmitter, x: Any) -> tuple[tuple[Any, ...], Size]:
    """The indices of the elements that are true, in C order, an array for each axis; and how many they are."""
    count = count_of(e, x)
    places = tuple(e.buffer(int64, (count,)) for _ in e.sizes(x))

    def visit(end: Size, at: Sizes) -> None:
        for place, i in zip(places, at, strict=True):
            e.store(place, (end,), i)

    each_chosen(e, x, count, visit)
    return places, count


def nonzero_places(e: LoopEmitter, x: Any) -> Any:
    """The indices of all elements that are not zero."""
    return places_of(e, e.stored(x))[0]
