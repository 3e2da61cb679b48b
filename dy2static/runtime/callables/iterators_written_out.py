"""What iterators of `itertools` do with what Python itself cannot go over while staging, as lists of the graph and
generators of converted code, or count by: written in Python, and converted like a user's function."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

from dy2static.runtime.callables.walked import has_own_iterator
from dy2static.staging.containers.iterables import is_staged_iterable
from dy2static.staging.containers.one_shot import OneShot
from dy2static.staging.values.staged import StagedNumber
from eager.recorder import converts
from eager.tensor import Tensor


def is_beyond_python(value: Any) -> bool:
    """Whether only converted code can go over a value, or count by it."""
    if isinstance(value, OneShot | StagedNumber) or has_own_iterator(value):
        return True
    if isinstance(value, Tensor):
        count: Any = value.shape[0] if value.shape else None
        return not isinstance(count, int)
    return is_staged_iterable(value)


@converts
def chain(*iterables: Any) -> Iterator[Any]:
    for items in iterables:
        yield from items


@converts
def chain_from_iterable(iterables: Any) -> Iterator[Any]:
    for items in iterables:
        yield from items


@converts
def pairwise(items: Any) -> Iterator[Any]:
    before, is_first = None, True
    for item in items:
        if not is_first:
            yield before, item
        before, is_first = item, False


@converts
def starmap(function: Any, items: Any) -> Iterator[Any]:
    for args in items:
        yield function(*args)


@converts
def repeat(object: Any, times: Any) -> Iterator[Any]:
    for _ in range(times):
        yield object


@converts
def cycle(items: Any) -> Iterator[Any]:
    seen: list[Any] = []
    for item in items:
        yield item
        seen.append(item)
    while seen:
        yield from seen


@converts
def islice(items: Any, first: Any, *others: Any) -> Iterator[Any]:
    start, stop, step = _bounds(first, *others)
    return _sliced(items, start, stop, step)


@converts
def _bounds(first: Any, *others: Any) -> tuple[Any, Any, Any]:
    """Where a slice starts and stops (None: not at all), and its step.

    Raises: ValueError with the texts of `itertools.islice`.
    """
    start, stop, step = (0, first, 1) if not others else (first, *others, 1)[:3]
    start = 0 if start is None else start
    step = 1 if step is None else step
    if stop is not None and stop == -1:
        raise ValueError("Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
    if start < 0 or (stop is not None and stop < 0):
        raise ValueError("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
    if step < 1:
        raise ValueError("Step for islice() must be a positive integer or None.")
    return start, stop, step


@converts
def _sliced(items: Any, start: Any, stop: Any, step: Any) -> Iterator[Any]:
    """Items are asked for up to where the slice starts or stops, whichever is later, and no further."""
    place = 0
    if stop is None or max(start, stop) > 0:
        for item in items:
            if place >= start and (stop is None or place < stop) and (place - start) % step == 0:
                yield item
            place += 1
            if stop is not None and place >= max(start, stop):
                break


@converts
def product(*iterables: Any, repeat: Any = 1) -> Iterator[Any]:
    return _products([list(items) for items in iterables] * repeat)


@converts
def _products(pools: list[Any]) -> Iterator[Any]:
    if pools:
        for item in pools[0]:
            for others in _products(pools[1:]):
                yield item, *others
    else:
        yield ()


@converts
def combinations(iterable: Any, r: Any) -> Iterator[Any]:
    if r < 0:
        raise ValueError("r must be non-negative")
    return _combinations(list(iterable), 0, r)


@converts
def _combinations(pool: list[Any], start: Any, r: Any) -> Iterator[Any]:
    if r:
        for i in range(start, len(pool)):
            for others in _combinations(pool, i + 1, r - 1):
                yield pool[i], *others
    else:
        yield ()


WRITTEN_OUT: Final[dict[Any, Callable[..., Any]]] = {
    itertools.chain: chain,
    itertools.chain.from_iterable: chain_from_iterable,
    itertools.combinations: combinations,
    itertools.cycle: cycle,
    itertools.islice: islice,
    itertools.pairwise: pairwise,
    itertools.product: product,
    itertools.repeat: repeat,
    itertools.starmap: starmap,
}
