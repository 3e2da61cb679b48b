"""What functions of `heapq`, `bisect` and `itertools` that compare or test do with values of the graph, which their own
code cannot compare or test: written in Python, and converted like a user's function."""

import bisect
import functools
import heapq
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, cast

from dy2static.errors import StagingError
from dy2static.runtime.callables import iterators_written_out
from dy2static.runtime.callables.asked import asks_graph, next_one, next_or
from dy2static.runtime.callables.iterators_written_out import is_beyond_python
from dy2static.runtime.callables.walked import chained
from dy2static.runtime.generators import Expression, Generator
from dy2static.runtime.ordering import is_less, is_ordered_in_graph
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.values.staged import the_stager
from eager.recorder import converts


def written_out(function: Any, args: Sequence[Any], named: Iterable[Any]) -> Callable[..., Any] | None:
    """The function for one of the library's, where an argument is something of the graph; else None."""
    if function is functools.reduce:
        return reduce
    if function is functools.cmp_to_key:
        return cmp_to_key
    if function is next and len(args) in (1, 2):
        if asks_graph(args[0]):
            return (next_one, next_or)[len(args) - 1]
        items: Any = args[0]
        if not isinstance(items, OneShot) or (isinstance(items, Generator) and (items.catches or items.closes)):
            return None  # Python leaves a generator when nothing refers to it any more
        return (first_one, first_or)[len(args) - 1]
    try:
        iterator, found = iterators_written_out.WRITTEN_OUT.get(function), WRITTEN_OUT.get(function)
    except TypeError:  # it cannot be hashed
        return None
    if iterator is not None:
        return iterator if any(map(is_beyond_python, (*args, *named, *chained(function, args)))) else None
    return found if found is not None and any(map(_is_of_graph, args)) else None


def _is_of_graph(value: Any) -> bool:
    if is_beyond_python(value) or is_ordered_in_graph(value):
        return True
    return isinstance(value, list | tuple) and any(map(is_ordered_in_graph, cast("Iterable[Any]", value)))


def first_one(items: Any) -> Any:
    return _first(items, _first_one, (items,))


def first_or(items: Any, default: Any) -> Any:
    return _first(items, _first_or, (items, default))


def _first(items: Any, by_loop: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """`next` of a generator or of what `map` and its like give: one that Python cannot ask is gone through by a loop,
    which takes the first item and leaves the others. So a second `next` is refused."""
    stager = the_stager()
    if isinstance(items, Expression):
        with stager.trial() as trial:
            try:
                found = next(items, *args[1:])
            except StagingError:
                pass
            else:
                trial.keep()
                return found
    return stager.call(by_loop, args, {})


@converts
def _first_one(items: Any) -> Any:
    for item in items:
        return item
    raise StopIteration


@converts
def _first_or(items: Any, default: Any) -> Any:
    for item in items:
        return item
    return default


@converts
def reduce(function: Any, items: Any, *initial: Any) -> Any:
    is_first, total = not initial, initial[0] if initial else None
    for item in items:
        total = item if is_first else function(total, item)
        is_first = False
    if is_first:
        raise TypeError("reduce() of empty iterable with no initial value")
    return total


class Key:
    """An item that is ordered by a function of two: whether it is the less of them may be known in a run only."""

    __slots__ = ("compare", "obj")

    def __init__(self, compare: Any, obj: Any) -> None:
        self.compare = compare
        self.obj = obj

    def __lt__(self, other: "Key") -> Any:
        return the_stager().call(self.compare, (self.obj, other.obj), {}) < 0


def cmp_to_key(mycmp: Any) -> Callable[[Any], Key]:
    return functools.partial(Key, mycmp)


@converts
def heappush(heap: Any, item: Any) -> None:
    heap.append(item)
    _rise(heap, 0, len(heap) - 1)


@converts
def heappop(heap: Any) -> Any:
    if len(heap) == 0:
        raise IndexError("index out of range")
    last = heap.pop()
    if len(heap) == 0:
        return last
    first = heap[0]
    heap[0] = last
    _sink(heap, 0)
    return first


@converts
def heapreplace(heap: Any, item: Any) -> Any:
    if len(heap) == 0:
        raise IndexError("index out of range")
    first = heap[0]
    heap[0] = item
    _sink(heap, 0)
    return first


@converts
def heappushpop(heap: Any, item: Any) -> Any:
    if len(heap) > 0 and is_less(heap[0], item):
        return heapreplace(heap, item)
    return item


@converts
def heapify(heap: Any) -> None:
    for place in range(len(heap) // 2 - 1, -1, -1):
        _sink(heap, place)


@converts
def nsmallest(n: Any, iterable: Any, key: Any = None) -> Any:
    return sorted(iterable, key=key)[: max(n, 0)]


@converts
def nlargest(n: Any, iterable: Any, key: Any = None) -> Any:
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


@converts
def _rise(heap: Any, start: Any, place: Any) -> None:
    """Move an item towards the root, to the first place whose parent is not greater."""
    item = heap[place]
    while place > start:
        above = (place - 1) // 2
        parent = heap[above]
        if not is_less(item, parent):
            break
        heap[place] = parent
        place = above
    heap[place] = item


@converts
def _sink(heap: Any, place: Any) -> None:
    """Move an item down to a leaf, the smaller children up, and the item to its place from there: as `heapq` does."""
    start, end = place, len(heap)
    item = heap[place]
    child = 2 * place + 1
    while child < end:
        if child + 1 < end and not is_less(heap[child], heap[child + 1]):
            child += 1
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    _rise(heap, start, place)


@converts
def bisect_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> Any:
    if lo < 0:
        raise ValueError("lo must be non-negative")
    end = len(a) if hi is None else hi
    while lo < end:
        middle = (lo + end) // 2
        found = a[middle] if key is None else key(a[middle])
        if is_less(found, x):
            lo = middle + 1
        else:
            end = middle
    return lo


@converts
def bisect_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> Any:
    if lo < 0:
        raise ValueError("lo must be non-negative")
    end = len(a) if hi is None else hi
    while lo < end:
        middle = (lo + end) // 2
        found = a[middle] if key is None else key(a[middle])
        if is_less(x, found):
            end = middle
        else:
            lo = middle + 1
    return lo


@converts
def insort_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    a.insert(bisect_left(a, x if key is None else key(x), lo, hi, key=key), x)


@converts
def insort_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    a.insert(bisect_right(a, x if key is None else key(x), lo, hi, key=key), x)


@converts
def accumulate(iterable: Any, func: Any = operator.add, *, initial: Any = None) -> Iterator[Any]:
    total = initial
    is_first = initial is None
    if not is_first:
        yield total
    for item in iterable:
        total = item if is_first else func(total, item)
        is_first = False
        yield total


@converts
def takewhile(test: Any, items: Any) -> Iterator[Any]:
    for item in items:
        if not test(item):
            break
        yield item


@converts
def dropwhile(test: Any, items: Any) -> Iterator[Any]:
    is_dropping = True
    for item in items:
        if is_dropping and not test(item):
            is_dropping = False
        if not is_dropping:
            yield item


@converts
def filterfalse(test: Any, items: Any) -> Iterator[Any]:
    for item in items:
        if not (item if test is None else test(item)):
            yield item


@converts
def compress(items: Any, selectors: Any) -> Iterator[Any]:
    for item, is_taken in zip(items, selectors, strict=False):
        if is_taken:
            yield item


WRITTEN_OUT: Final[dict[Any, Callable[..., Any]]] = {
    heapq.heappush: heappush,
    heapq.heappop: heappop,
    heapq.heapreplace: heapreplace,
    heapq.heappushpop: heappushpop,
    heapq.heapify: heapify,
    heapq.nsmallest: nsmallest,
    heapq.nlargest: nlargest,
    bisect.bisect_left: bisect_left,
    bisect.bisect_right: bisect_right,
    bisect.insort_left: insort_left,
    bisect.insort_right: insort_right,
    itertools.accumulate: accumulate,
    itertools.takewhile: takewhile,
    itertools.dropwhile: dropwhile,
    itertools.filterfalse: filterfalse,
    itertools.compress: compress,
}
