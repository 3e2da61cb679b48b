"""Convolution and its gradients as native code: products with the rows of unfolded images (see `unfolding`).

Complex numbers are two channels of real ones, and 16-bit floats become float32. With few weights, as in the first
layers of a model, the products are our own (`row_sums`, `row_dots`); with many, they are those of BLAS.
"""

from collections.abc import Sequence
from typing import Any, Final

from graph.aval import Shape
from graph.dtypes import DType, float32, float64, int64
from graph.ir.lowering import LoopEmitter, Size
from graph.ops.constant import sizes_of
from graph.ops.places import each
from graph.ops.size_arithmetic import least, number_of, product, quotient_up
from graph.ops.unfolding import CACHED, LARGE, Axes, Images, Unfolded, parts_of, share_of, windows_of
from graph.ops.windows import Padding

Ints = tuple[int, ...]
FOR_SUMS: Final = 1 << 14
FOR_DOTS: Final = 1 << 13
"""With more weights than so many, BLAS is faster, as operands do not stay in the first cache: measured for 6 to 512
channels. With fewer, what it does to put them in order costs more than it gains."""


def conv_loops(e: LoopEmitter, x: Any, w: Any, *, stride: Ints, padding: Padding, dilation: Ints, groups: int) -> Any:
    """See `conv`: for each image, the weights times its unfolded windows."""
    n, channels, *sizes = e.sizes(x)
    o, per_group, *extents = e.sizes(w)
    _check_groups(e, channels, per_group, o, groups)
    axes = windows_of(e, sizes, extents, stride, padding, dilation)
    y = e.buffer(e.dtype(x), (n, o, *axes.counts))
    parts, dtype = parts_of(e.dtype(x))
    rows, length = e.quotient(o, groups), product(e, axes.counts)
    terms = e.mul(e.mul(per_group, parts), product(e, extents))
    is_large = _is_large(dtype, e.mul(rows, parts), terms, FOR_SUMS)
    unfolded = Unfolded(e, x, axes, padding, groups, whole=is_large)
    weights = _matrix(e, w)
    is_direct = dtype == e.dtype(x)
    result = y if is_direct else e.buffer(dtype, (e.mul(o, parts), length))
    with e.loop(n) as image:
        unfolded.take(image, 0)
        with e.loop(unfolded.pieces) as piece:
            first, count = unfolded.put(piece, 0)
            start = e.mul(first, axes.row)
            with e.loop(groups) as group:
                row = e.mul(group, rows)
                to = e.mul(e.add(e.mul(image, o), row) if is_direct else e.mul(row, parts), length)
                unfolded.times(
                    (result, e.add(to, start)),
                    (weights, e.mul(e.mul(row, parts), terms)),
                    unfolded.at(image, first, group),
                    rows=e.mul(rows, parts),
                    length=e.mul(count, axes.row),
                    pitch=length,
                )
        if not is_direct:
            flat = e.flat(y)
            with e.loop(o) as row, e.loop(length, parallel=True) as p:
                found = [e.load(result, (e.add(e.mul(row, parts), part), p)) for part in range(parts)]
                at = e.add(e.mul(e.add(e.mul(image, o), row), length), p)
                e.store(flat, (at,), _whole(e, found, e.dtype(x)))
    return y


def conv_input_grad_loops(
    e: LoopEmitter,
    ct: Any,
    w: Any,
    *sizes: Size,
    shape: Shape,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> Any:
    """See `conv_input_grad`: for some channels of an image, what it gives to each offset of each window, then sums.

    Each channel is added up at once, so what its windows get is still in the cache.
    """
    n, channels, *spatial = sizes_of(e, *sizes, shape=shape)
    o, per_group, *extents = e.sizes(w)
    _check_groups(e, channels, per_group, o, groups)
    axes = windows_of(e, spatial, extents, stride, padding, dilation)
    _check_equal(e, e.sizes(ct), (n, o, *axes.counts))
    x = e.buffer(e.dtype(ct), (n, channels, *spatial))
    parts, dtype = parts_of(e.dtype(ct))
    rows, length, taps = e.quotient(o, groups), product(e, axes.counts), product(e, extents)
    weights = _transposed(e, w, groups)
    terms = e.mul(rows, parts)
    is_large = _is_large(dtype, e.mul(e.mul(per_group, parts), taps), terms, FOR_SUMS)
    images = Images(e, ct, ((0, 0),) * len(spatial), 1)
    shifts = e.buffer(int64, (terms,))
    with e.loop(terms, parallel=True) as k:
        e.store(shifts, (k,), e.mul(k, length))
    of_a_channel = e.mul(e.mul(taps, length), parts * dtype.itemsize)
    at_a_time = share_of(e, of_a_channel, per_group, LARGE if is_large else CACHED)
    given = e.buffer(dtype, (e.mul(at_a_time, parts), *extents, *axes.counts))
    padded = [e.add(size, before + after) for size, (before, after) in zip(spatial, padding, strict=True)]
    is_direct = dtype == e.dtype(ct) and not any(map(any, padding))
    planes = x if is_direct else e.buffer(dtype, (1, e.mul(at_a_time, parts), *padded))
    with e.loop(n) as image:
        images.take(image, 0)
        with e.loop(groups) as group, e.loop(quotient_up(e, per_group, at_a_time)) as block:
            first = e.mul(block, at_a_time)
            count = e.mul(least(e, at_a_time, e.sub(per_group, first)), parts)
            channel = e.add(e.mul(group, per_group), first)
            left = (weights, e.mul(e.mul(e.mul(channel, parts), taps), terms))
            right = images.at(image, e.mul(e.mul(group, rows), parts))
            if is_large:
                sizes_of_product = (e.mul(count, taps), length, terms)
                e.product((given, 0), left, right, sizes=sizes_of_product, steps=(length, terms, length))
            else:
                own_rows = e.mul(count, taps)
                e.row_sums((given, 0), left, right, shifts, rows=own_rows, length=length, pitch=length)
            own = (image, channel) if is_direct else (0, 0)
            _add_up(e, planes, own, given, count, axes)
            if not is_direct:
                _finish(e, x, (image, channel), planes, e.quotient(count, parts), padding)
    return x


def _finish(e: LoopEmitter, x: Any, own: tuple[Size, Size], planes: Any, count: Size, padding: Padding) -> None:
    """`x[own[0], own[1] + c]`, for `count` channels, from the padded planes of their parts."""
    parts, _ = parts_of(e.dtype(x))
    with e.loop(count) as c, each(e, e.sizes(x)[2:], parallel=True) as at:
        inner = [e.add(i, before) for i, (before, _) in zip(at, padding, strict=True)]
        found = [e.load(planes, (0, e.add(e.mul(c, parts), part), *inner)) for part in range(parts)]
        e.store(x, (own[0], e.add(own[1], c), *at), _whole(e, found, e.dtype(x)))


def _add_up(e: LoopEmitter, planes: Any, own: tuple[Size, Size], given: Any, count: Size, axes: Axes) -> None:
    """`planes[own[0], own[1] + c]`, for `count` channels: the sum of what windows give to each element."""
    image, channel = own
    rank = len(axes.counts)
    sizes = e.sizes(planes)[2:]
    with e.loop(count) as c:
        with each(e, sizes, parallel=True) as at:
            e.store(planes, (image, e.add(channel, c), *at), 0)
        own_channel = (image, e.add(channel, c))
        if axes.stride[-1] > 1:
            with each(e, (*axes.extents, *axes.counts), parallel=True) as at:
                place = (*own_channel, *axes.elements(at[rank:], at[:rank]))
                e.store(planes, place, e.add(e.load(planes, place), e.load(given, (c, *at))))
        else:
            with each(e, (*axes.extents, *axes.counts[:-1])) as at:
                windows = (*at[rank:], 0)
                to = (planes, number_of(e, (*own_channel, *axes.elements(windows, at[:rank])), e.sizes(planes)))
                e.add_to(to, (given, number_of(e, (c, *at, 0), e.sizes(given))), axes.counts[-1])


def conv_weight_grad_loops(
    e: LoopEmitter,
    ct: Any,
    x: Any,
    *sizes: Size,
    shape: Shape,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> Any:
    """See `conv_weight_grad`: for some images at a time, cotangents times the unfolded windows."""
    o, per_group, *extents = sizes_of(e, *sizes, shape=shape)
    n, channels, *spatial = e.sizes(x)
    _check_groups(e, channels, per_group, o, groups)
    axes = windows_of(e, spatial, extents, stride, padding, dilation)
    _check_equal(e, e.sizes(ct), (n, o, *axes.counts))
    w = e.buffer(e.dtype(x), (o, per_group, *extents))
    parts, dtype = parts_of(e.dtype(x))
    rows, length = e.mul(e.quotient(o, groups), parts), product(e, axes.counts)
    terms = e.mul(e.mul(per_group, parts), product(e, extents))
    is_large = _is_large(dtype, rows, terms, FOR_DOTS)
    unfolded = Unfolded(e, x, axes, padding, groups, images=n, whole=is_large, order=_first_last)
    at_a_time = unfolded.slots
    images = Images(e, ct, ((0, 0),) * len(spatial), at_a_time)
    beside = e.buffer(dtype, (e.mul(o, parts), at_a_time, length)) if is_large else None
    total = e.buffer(dtype, (e.mul(o, parts), per_group, parts, *_first_last(extents)))
    with each(e, e.sizes(total), parallel=True) as at:
        e.store(total, at, 0)
    with e.loop(quotient_up(e, n, at_a_time)) as block:
        first_image = e.mul(block, at_a_time)
        count = least(e, at_a_time, e.sub(n, first_image))
        with e.loop(unfolded.pieces) as piece:
            with e.loop(count) as slot:
                image = e.add(first_image, slot)
                with e.when(e.eq(piece, 0)):  # there is one piece, or one image
                    unfolded.take(image, slot)
                    images.take(image, slot)
                    if beside is not None:
                        _put_beside(e, beside, images, image, slot, length)
                unfolded.put(piece, slot)
            first, positions = unfolded.piece(piece)
            with e.loop(groups) as group:
                row, start = e.mul(group, rows), e.mul(first, axes.row)
                to, right = (total, e.mul(row, terms)), unfolded.at(first_image, first, group)
                if beside is not None:
                    pitch = e.mul(at_a_time, length)
                    found = (rows, terms, e.mul(e.mul(count, positions), axes.row))
                    steps = (terms, pitch, unfolded.row_step)
                    left = (beside, e.add(e.mul(row, pitch), start))
                    e.product(to, left, right, sizes=found, steps=steps, transposed=True, adds=True)
                else:
                    y, number = images.at(first_image, row)
                    e.row_dots(
                        to,
                        (y, e.add(number, start)),
                        right,
                        unfolded.shifts,
                        rows=rows,
                        length=e.mul(positions, axes.row),
                        pitch=length,
                        steps=(images.step, unfolded.step),
                        batch=count,
                    )
    with each(e, (o, per_group, *extents), parallel=True) as (row, c, *k):
        at = _first_last(k)
        found = [e.load(total, (e.add(e.mul(row, parts), p), c, q, *at)) for p in range(parts) for q in range(parts)]
        if parts == 2:
            found = [e.sub(found[0], found[3]), e.add(found[1], found[2])]
        e.store(w, (row, c, *k), _whole(e, found, e.dtype(x)))
    return w


def _put_beside(e: LoopEmitter, beside: Any, images: Images, image: Size, slot: Size, length: Size) -> None:
    """Put the planes of an image into their slot of `beside` (channels, slots, length)."""
    source, start = images.at(image, 0)
    start = e.add(start, e.mul(slot, images.step) if images.is_copied else 0)
    with e.loop(images.channels) as c:
        to = (beside, number_of(e, (c, slot, 0), e.sizes(beside)))
        e.copy(to, (source, e.add(start, e.mul(c, length))), length)


def _first_last(offset: Sequence[Any]) -> list[Any]:
    """Offsets with the first axis innermost: those that follow each other have most of their rows in common."""
    return [*offset[1:], offset[0]]


# Numbers


def _whole(e: LoopEmitter, parts: Sequence[Any], dtype: DType) -> Any:
    """An element from its parts."""
    return e.complex(*parts) if len(parts) == 2 else e.convert(parts[0], dtype)


def _as_matrix(e: LoopEmitter, element: Any, dtype: DType) -> list[list[Any]]:
    """A number as the real matrix that multiplies parts as it does."""
    if element.dtype.kind != "c":
        return [[e.convert(element, dtype)]]
    re, im = e.real(element), e.imag(element)
    return [[re, e.neg(im)], [im, re]]


def _matrix(e: LoopEmitter, w: Any) -> Any:
    """Weights (o, c, *k) as rows of real numbers, (o, part, c, part, *k)."""
    parts, dtype = parts_of(e.dtype(w))
    w = e.stored(w)
    if dtype == e.dtype(w):
        return w
    o, c, *extents = e.sizes(w)
    made = e.buffer(dtype, (o, parts, c, parts, *extents))
    with each(e, (o, c, *extents), parallel=True) as (i, j, *k):
        for p, row in enumerate(_as_matrix(e, e.load(w, (i, j, *k)), dtype)):
            for q, value in enumerate(row):
                e.store(made, (i, p, j, q, *k), value)
    return made


def _transposed(e: LoopEmitter, w: Any, groups: int) -> Any:
    """Weights (groups * o, c, *k) as rows of real numbers, (groups, c, part, *k, o, part)."""
    parts, dtype = parts_of(e.dtype(w))
    o, c, *extents = e.sizes(w)
    o = e.quotient(o, groups)
    made = e.buffer(dtype, (groups, c, parts, *extents, o, parts))
    with each(e, (groups, c, *extents, o), parallel=True) as (g, j, *k, i):
        element = e.load(w, (e.add(e.mul(g, o), i), j, *k))
        for p, row in enumerate(_as_matrix(e, element, dtype)):
            for q, value in enumerate(row):
                e.store(made, (g, j, p, *k, i, q), value)
    return made


# Sizes


def _check_groups(e: LoopEmitter, channels: Size, per_group: Size, o: Size, groups: int) -> None:
    e.check(e.eq(channels, e.mul(per_group, groups)))
    e.check(e.eq(e.remainder(o, groups), 0))


def _check_equal(e: LoopEmitter, found: Sequence[Size], expected: Sequence[Size]) -> None:
    for a, b in zip(found, expected, strict=True):
        e.check(e.eq(a, b))


def _is_large(dtype: DType, rows: Size, terms: Size, most: int) -> bool:
    """Whether there are known to be more than `most` weights (for each group), and a product is worth a call."""
    known = isinstance(rows, int) and isinstance(terms, int)
    return known and dtype in (float32, float64) and min(rows, terms) >= 16 and rows * terms > most
