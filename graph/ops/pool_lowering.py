"""Pooling and its gradients as native code: the windows of one row are the innermost loop, which vectorises.

A window that reaches into the padding meets elements at the border again instead, where that changes nothing (maxima).
So that the loop has no tests, the windows at both ends of a padded row are loops of their own.
"""

import itertools
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from graph.aval import Shape
from graph.dtypes import DType, float32, float64, int64
from graph.ir.lowering import LoopEmitter, Size, Sizes
from graph.ops.constant import sizes_of
from graph.ops.places import each
from graph.ops.size_arithmetic import as_scalar, least, most, number_of, product
from graph.ops.windows import Padding

Ints = tuple[int, ...]
IN_LINE: Final = 32
"""The elements of a window of so many are written one by one; those of a larger one are loops."""
Place = Callable[[Sequence[Size]], tuple[Sizes, Any]]
"""For an offset in the window: the index among the spatial axes, and whether it is none of padding."""


def max_pool_loops(e: LoopEmitter, x: Any, *, kernel: Ints, stride: Ints, padding: Padding) -> Any:
    """See `max_pool`."""
    (best,) = _best(e, x, kernel, stride, padding, with_places=False)
    return best


def max_pool_positions_loops(e: LoopEmitter, x: Any, *, kernel: Ints, stride: Ints, padding: Padding) -> Any:
    """See `max_pool_positions`."""
    (places,) = _best(e, x, kernel, stride, padding, with_places=True)
    return places


def _best(
    e: LoopEmitter, x: Any, kernel: Ints, stride: Ints, padding: Padding, *, with_places: bool
) -> tuple[Any, ...]:
    """The maxima, or where they are. The first of equals wins, and NaN over all."""
    lead, spatial, counts = _sizes(e, x, kernel, stride, padding)
    if any(k > s for k, s in zip(kernel, stride, strict=True)):
        x = e.stored(x)
    y = e.buffer(int64 if with_places else e.dtype(x), (*lead, *counts))
    # Of zeros of both signs NumPy has the last one, in the dtypes that processors have instructions for.
    is_first = e.gt if e.dtype(x) in (float32, float64) and not with_places else e.ge
    with each(e, lead) as plane:

        def step(state: list[Any], at: Sizes) -> list[Any]:
            element = e.load(x, (*plane, *at))
            place = [as_scalar(e, number_of(e, at, spatial))] if with_places else []
            if not state:
                return [element, *place]
            best = state[0]
            keeps = e.bit_or(is_first(best, element), e.ne(best, best))
            return [e.select(keeps, a, b) for a, b in zip(state, [element, *place], strict=True)]

        for window, place in _rows(e, spatial, counts, kernel, stride, padding):
            offsets = _offsets(kernel)
            if offsets is not None:
                state: list[Any] = []
                for offset in offsets:
                    state = step(state, place(offset)[0])
                e.store(y, (*plane, *window), state[-1])
                continue
            held = [e.variable(value) for value in step([], place((0,) * len(kernel))[0])]
            with each(e, kernel) as offset:
                after = step([v.get() for v in held], place(offset)[0])
                for v, value in zip(held, after, strict=True):
                    v.set(value)
            e.store(y, (*plane, *window), held[-1].get())
    return (y,)


def avg_pool_loops(e: LoopEmitter, x: Any, *, kernel: Ints, stride: Ints, padding: Padding, include_pad: bool) -> Any:
    """See `avg_pool`."""
    lead, spatial, counts = _sizes(e, x, kernel, stride, padding)
    if any(k > s for k, s in zip(kernel, stride, strict=True)):
        x = e.stored(x)
    dtype = e.dtype(x)
    y = e.buffer(dtype, (*lead, *counts))
    with each(e, lead) as plane:
        for window, place in _rows(e, spatial, counts, kernel, stride, padding):

            def element(offset: Sequence[Size], place: Place = place) -> Any:
                at, is_inside = place(offset)
                return e.select(is_inside, e.load(x, (*plane, *at)), e.const(0, dtype))

            offsets = _offsets(kernel)
            if offsets is not None:
                total = element(offsets[0])
                for offset in offsets[1:]:
                    total = e.add(total, element(offset))
            else:
                held = e.variable(e.const(-0.0, dtype))
                with each(e, kernel) as offset:
                    held.set(e.accumulate(held.get(), element(offset)))
                total = held.get()
            number = _window_size(e, dtype, window, spatial, kernel, stride, padding, include_pad)
            e.store(y, (*plane, *window), e.div(total, number))
    return y


def avg_pool_grad_loops(
    e: LoopEmitter,
    ct: Any,
    *sizes: Size,
    shape: Shape,
    kernel: Ints,
    stride: Ints,
    padding: Padding,
    include_pad: bool,
) -> Any:
    """See `avg_pool_grad`: for each plane the shares of the windows, then for each offset what it gets of them."""
    dims, rank = sizes_of(e, *sizes, shape=shape), len(kernel)
    spatial, counts, lead = dims[-rank:], e.sizes(ct)[-rank:], dims[:-rank]
    for found, expected in zip(e.sizes(ct), (*lead, *_counts(e, spatial, kernel, stride, padding)), strict=True):
        e.check(e.eq(found, expected))
    dtype = e.dtype(ct)
    x = e.buffer(dtype, dims)
    offsets = _offsets(kernel)
    if offsets is not None and not any(map(any, padding)) and all(k <= s for k, s in zip(kernel, stride, strict=True)):
        # Windows are apart: each element is written once.
        with each(e, lead) as plane:
            with each(e, spatial, parallel=True) as at:
                e.store(x, (*plane, *at), 0)
            for window, place in _rows(e, spatial, counts, kernel, stride, padding):
                share = e.div(e.load(ct, (*plane, *window)), e.const(math.prod(kernel), dtype))
                for offset in offsets:
                    e.store(x, (*plane, *place(offset)[0]), e.add(share, 0.0))
        return x
    share = e.buffer(dtype, counts)
    with each(e, lead) as plane:
        with each(e, counts, parallel=True) as window:
            number = _window_size(e, dtype, window, spatial, kernel, stride, padding, include_pad)
            e.store(share, window, e.div(e.load(ct, (*plane, *window)), number))
        with each(e, spatial, parallel=True) as at:
            e.store(x, (*plane, *at), 0)
        with each(e, kernel) as offset:
            first, count = _inside(e, offset, spatial, counts, stride, padding)
            with each(e, count, parallel=True) as index:
                window = [e.add(a, i) for a, i in zip(first, index, strict=True)]
                at = [
                    e.sub(e.add(e.mul(i, s), k), before)
                    for i, s, k, (before, _) in zip(window, stride, offset, padding, strict=True)
                ]
                e.store(x, (*plane, *at), e.add(e.load(x, (*plane, *at)), e.load(share, window)))
    return x


def _inside(
    e: LoopEmitter, offset: Sequence[Size], spatial: Sizes, counts: Sizes, stride: Ints, padding: Padding
) -> tuple[list[Size], list[Size]]:
    """The first window along each axis that has no padding at an offset, and how many windows there are."""
    first: list[Size] = []
    count: list[Size] = []
    for k, n, windows, s, (before, _) in zip(offset, spatial, counts, stride, padding, strict=True):
        start = most(e, e.quotient(e.add(e.sub(before, k), s - 1), s), 0)
        free = e.sub(e.add(n, before - 1), k)
        end = e.select(e.lt(free, 0), 0, e.add(e.quotient(free, s), 1))
        first.append(start)
        count.append(most(e, e.sub(least(e, end, windows), start), 0))
    return first, count


def pool_take_loops(e: LoopEmitter, x: Any, positions: Any, *, spatial: int) -> Any:
    """See `pool_take`."""
    x, sizes = e.stored(x), e.sizes(positions)
    lead = sizes[: len(sizes) - spatial]
    plane_size = product(e, e.sizes(x)[len(lead) :])
    _check_lead(e, x, lead)
    y = e.buffer(e.dtype(x), sizes)
    flat = e.flat(x)
    with each(e, sizes, parallel=True) as at:
        start = e.mul(number_of(e, at[: len(lead)], lead), plane_size)
        place = _held(e, e.load(positions, at), plane_size)
        e.store(y, at, e.load(flat, (e.add(start, place),)))
    return y


def pool_add_loops(e: LoopEmitter, values: Any, positions: Any, *sizes: Size, shape: Shape, spatial: int) -> Any:
    """See `pool_add`: plane by plane, zeros and then what is added. 16-bit floats are added in float32."""
    dims = sizes_of(e, *sizes, shape=shape)
    lead = dims[: len(dims) - spatial]
    plane_size = product(e, dims[len(lead) :])
    _check_lead(e, positions, lead)
    dtype = e.dtype(values)
    x = e.buffer(dtype, dims)
    flat, wide = e.flat(x), float32 if dtype.itemsize == 2 else dtype
    plane = flat if wide == dtype else e.buffer(wide, (plane_size,))
    with each(e, lead) as index:
        own = e.mul(number_of(e, index, lead), plane_size)
        start = own if wide == dtype else 0
        with e.loop(plane_size, parallel=True) as i:
            e.store(plane, (e.add(start, i),), 0)
        with each(e, e.sizes(positions)[len(lead) :]) as at:
            value = e.convert(e.load(values, (*index, *at)), wide)
            place = (e.add(start, _held(e, e.load(positions, (*index, *at)), plane_size)),)
            e.store(plane, place, e.add(e.load(plane, place), value))
        if wide != dtype:
            with e.loop(plane_size, parallel=True) as i:
                e.store(flat, (e.add(own, i),), e.convert(e.load(plane, (i,)), dtype))
    return x


def _held(e: LoopEmitter, position: Any, plane_size: Size) -> Size:
    """A position within its plane: those of `max_pool_positions` are, and no others may reach other memory."""
    return least(e, most(e, position, 0), e.sub(plane_size, 1))


def _check_lead(e: LoopEmitter, x: Any, lead: Sequence[Size]) -> None:
    for a, b in zip(e.sizes(x), lead, strict=False):
        e.check(e.eq(a, b))


# Windows


def _rows(
    e: LoopEmitter, spatial: Sizes, counts: Sizes, kernel: Ints, stride: Ints, padding: Padding
) -> Iterator[tuple[Sizes, Place]]:
    """Loops over all windows of a plane, for each part of a row: the window, and where its elements are."""
    with each(e, counts[:-1]) as outer:
        for start, count, is_inner in _parts_of_row(e, spatial[-1], counts[-1], kernel[-1], stride[-1], padding[-1]):
            with _row(e, count) as i:
                window = (*outer, e.add(start, i))

                def place(offset: Sequence[Size], window: Sizes = window, is_inner: bool = is_inner) -> Any:
                    at: list[Size] = []
                    is_inside: Any = True
                    for axis, (w, k, s, n) in enumerate(zip(window, offset, stride, spatial, strict=True)):
                        i = e.sub(e.add(e.mul(w, s), k), padding[axis][0])
                        if any(padding[axis]) and not (is_inner and axis == len(spatial) - 1):
                            held = least(e, most(e, i, 0), e.sub(n, 1))
                            is_inside = e.bit_and(is_inside, e.eq(held, i))
                            i = held
                        at.append(i)
                    return tuple(at), is_inside

                yield window, place


@contextmanager
def _row(e: LoopEmitter, count: Size) -> Generator[Size]:
    """A loop over so many elements that are only written: those of a short row as two runs of a power of two, which
    overlap. They become vectors, of which LLVM makes few where some elements are left."""
    width = 1 << (count.bit_length() - 1) if isinstance(count, int) and 4 < count < 64 else 0
    if width in (0, count):
        with e.loop(count, parallel=True) as i:
            yield i
    else:
        with e.loop(2) as run, e.loop(width, parallel=True) as i:
            yield e.add(e.mul(run, count - width), i)


def _parts_of_row(
    e: LoopEmitter, n: Size, count: Size, k: int, s: int, padding: tuple[int, int]
) -> list[tuple[Size, Size, bool]]:
    """The windows of a row, (first, how many, whether there is no padding in them)."""
    before, _ = padding
    if not any(padding):
        return [(0, count, True)]
    start = least(e, -(-before // s), count)
    free = e.sub(e.add(n, before), k)
    end = e.select(e.lt(free, 0), 0, e.add(e.quotient(free, s), 1))
    end = least(e, most(e, end, start), count)
    return [(0, start, False), (start, e.sub(end, start), True), (end, e.sub(count, end), False)]


def _offsets(kernel: Ints) -> list[Ints] | None:
    """The offsets in a window, in C order; None where they are too many to write out."""
    return list(itertools.product(*map(range, kernel))) if math.prod(kernel) <= IN_LINE else None


def _sizes(e: LoopEmitter, x: Any, kernel: Ints, stride: Ints, padding: Padding) -> tuple[Sizes, Sizes, Sizes]:
    """The leading axes, the spatial ones, and how many windows there are along these."""
    sizes = e.sizes(x)
    lead = len(sizes) - len(kernel)
    spatial = tuple(sizes[lead:])
    return tuple(sizes[:lead]), spatial, _counts(e, spatial, kernel, stride, padding)


def _counts(e: LoopEmitter, spatial: Sizes, kernel: Ints, stride: Ints, padding: Padding) -> Sizes:
    """How many windows there are along each axis; fails where there is none."""
    counts: list[Size] = []
    for n, k, s, (before, after) in zip(spatial, kernel, stride, padding, strict=True):
        free = e.sub(e.add(n, before + after), k)
        e.check(e.ge(free, 0))
        counts.append(e.add(e.quotient(free, s), 1))
    return tuple(counts)


def _window_size(
    e: LoopEmitter,
    dtype: DType,
    window: Sequence[Size],
    spatial: Sizes,
    kernel: Ints,
    stride: Ints,
    padding: Padding,
    include_pad: bool,
) -> Any:
    """How many elements a window averages, in the dtype of the average."""
    if include_pad or not any(map(any, padding)):
        return e.const(math.prod(kernel), dtype)
    number: Size = 1
    for i, n, k, s, (before, _) in zip(window, spatial, kernel, stride, padding, strict=True):
        first = e.sub(e.mul(i, s), before)
        number = e.mul(number, e.sub(least(e, e.add(first, k), n), most(e, first, 0)))
    return e.convert(number, dtype)
