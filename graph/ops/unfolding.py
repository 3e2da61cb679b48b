"""Images of a convolution laid out so that the elements at one offset of all windows are a row in memory.

Where windows slide by one along the first spatial axis, the row for one offset is that for the next one, further on
in memory. So an image is unfolded along the other axes only: of a 3 x 3 window there are 3 copies, not the 9 of im2col,
and they stay in the cache.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graph.dtypes import DType, complex64, float32, float64, int64
from graph.ir.lowering import LoopEmitter, Size, Stretch
from graph.ops.places import each
from graph.ops.size_arithmetic import as_scalar, least, number_of, product, quotient_up
from graph.ops.windows import Padding

Ints = tuple[int, ...]
CACHED: Final = 1 << 17
"""So many bytes are unfolded at a time, to be still in the cache when they are used."""
LARGE: Final = 1 << 21
"""As many for BLAS, which puts them in order for the cache itself."""


@dataclass(frozen=True, slots=True)
class Axes:
    """How windows lie along each spatial axis."""

    e: LoopEmitter
    extents: Sequence[Size]
    counts: Sequence[Size]
    stride: Ints
    dilation: Ints
    row: Size
    """How many windows there are for one place along the first axis."""

    def elements(self, window: Sequence[Size], offset: Sequence[Size]) -> list[Size]:
        """The padded index of the element at an offset in a window."""
        e = self.e
        return [
            e.add(e.mul(i, s), e.mul(k, d))
            for i, k, s, d in zip(window, offset, self.stride, self.dilation, strict=True)
        ]


def windows_of(
    e: LoopEmitter, sizes: Sequence[Size], extents: Sequence[Size], stride: Ints, padding: Padding, dilation: Ints
) -> Axes:
    """Fails where no window fits."""
    counts: list[Size] = []
    for size, extent, step, (before, after), wide in zip(sizes, extents, stride, padding, dilation, strict=True):
        free = e.sub(e.add(size, before + after), e.add(e.mul(e.sub(extent, 1), wide), 1))
        e.check(e.ge(free, 0))
        counts.append(e.add(e.quotient(free, step), 1))
    return Axes(e, extents, counts, stride, dilation, product(e, counts[1:]))


class Images:
    """The images of `x` (n, c, *s), padded, as planes of real numbers wide enough to sum: one to each slot."""

    def __init__(self, e: LoopEmitter, x: Any, padding: Padding, slots: Size) -> None:
        self._e, self._x, self._padding = e, e.stored(x), padding
        _, channels, *self._spatial = e.sizes(x)
        self._parts, dtype = parts_of(e.dtype(x))
        self.dtype = dtype
        self.sizes = [e.add(size, before + after) for size, (before, after) in zip(self._spatial, padding, strict=True)]
        self.channels = e.mul(channels, self._parts)
        self.plane = product(e, self.sizes)
        self.step = e.mul(self.channels, self.plane)
        """From one image to the next."""
        self.is_copied = dtype != e.dtype(x) or any(map(any, padding))
        self._memory = self._x
        if self.is_copied:
            self._memory = e.buffer(dtype, (slots, self.channels, *self.sizes))
            with each(e, e.sizes(self._memory), parallel=True) as at:
                e.store(self._memory, at, 0)

    def take(self, image: Size, slot: Size) -> None:
        """Put an image into a slot."""
        if not self.is_copied:
            return
        e, parts = self._e, self._parts
        channels = e.quotient(self.channels, parts)
        before = [pair[0] for pair in self._padding]
        if self.dtype == e.dtype(self._x):
            *outer, last = self._spatial
            with each(e, (channels, *outer)) as (c, *at):
                inner = [e.add(i, b) for i, b in zip((*at, 0), before, strict=True)]
                to = (self._memory, number_of(e, (slot, c, *inner), e.sizes(self._memory)))
                e.copy(to, (self._x, number_of(e, (image, c, *at, 0), e.sizes(self._x))), last)
            return
        with each(e, (channels, *self._spatial), parallel=True) as (c, *at):
            inner = [e.add(i, b) for i, b in zip(at, before, strict=True)]
            element = e.load(self._x, (image, c, *at))
            for part, value in enumerate([e.real(element), e.imag(element)][:parts]):
                channel = e.add(e.mul(c, parts), part)
                e.store(self._memory, (slot, channel, *inner), e.convert(value, self.dtype))

    def at(self, image: Size, channel: Size) -> Stretch:
        """The planes of an image from a channel on: of that in slot 0, where images are copied."""
        e = self._e
        start = e.mul(channel, self.plane)
        return (self._memory, start) if self.is_copied else (self._x, e.add(e.mul(image, self.step), start))

    def load(self, image: Size, slot: Size, channel: Size, at: Sequence[Size]) -> tuple[Any, Size]:
        """Where an element is: a stretch of its own."""
        e = self._e
        sizes = (0, self.channels, *self.sizes)
        return self._memory, number_of(e, (slot if self.is_copied else image, channel, *at), sizes)


class Unfolded:
    """Images unfolded along all axes but the first, and along that too where windows are more than one apart.

    The layout of a slot is (channels, offsets along these axes, places along the first axis, places along the others).
    Where there are no copies to make, it is the padded image.

    `whole`: unfolded along all axes, for BLAS; the slots stand beside each other, behind the offsets.
    """

    def __init__(
        self,
        e: LoopEmitter,
        x: Any,
        axes: Axes,
        padding: Padding,
        groups: int,
        *,
        whole: bool,
        images: Size = 1,
        order: Callable[[Sequence[Any]], list[Any]] = list,
    ) -> None:
        """`images`: so many may be wanted at a time; there are `slots` for at least one. `order` is that of the axes of
        the window in a row of weights."""
        self._e, self._axes, self._whole = e, axes, whole
        self._is_wide = [whole or axis > 0 or step > 1 for axis, step in enumerate(axes.stride)]
        self.is_image = not (whole and images != 1) and all(
            not wide or (isinstance(extent, int) and extent == 1 and step == 1)
            for wide, extent, step in zip(self._is_wide, axes.extents, axes.stride, strict=True)
        )
        self._copies = order([k if wide else 1 for k, wide in zip(axes.extents, self._is_wide, strict=True)])
        self._order = order
        parts, dtype = parts_of(e.dtype(x))
        places = axes.counts[0]
        of_a_place = e.mul(e.mul(e.sizes(x)[1], product(e, self._copies)), e.mul(axes.row, parts * dtype.itemsize))
        room = LARGE if whole else CACHED
        self._height = places if self.is_image else share_of(e, of_a_place, places, room)
        self.pieces = quotient_up(e, places, self._height)
        """An image is unfolded in so many parts, along the first axis."""
        self.slots = share_of(e, e.mul(of_a_place, places), images, room)
        self._images = Images(e, x, padding, self.slots if self.is_image else 1)
        reach = 0 if self._is_wide[0] else e.mul(e.sub(axes.extents[0], 1), axes.dilation[0])
        self._places = e.add(self._height, reach)
        block = e.mul(self._places, axes.row)
        self.row_step = self._images.plane if self.is_image else e.mul(block, self.slots if whole else 1)
        """From one offset to the next, where images are unfolded."""
        self._channel = self._images.plane if self.is_image else e.mul(product(e, self._copies), self.row_step)
        channels = self._images.channels
        self._group = e.mul(e.quotient(channels, groups), self._channel)
        self.step = e.mul(channels, self._channel)
        """From one slot to the next, but where they stand beside each other."""
        self.terms = e.mul(e.quotient(channels, groups), product(e, axes.extents))
        self._memory = None
        if not self.is_image:
            self._memory = e.buffer(dtype, (1 if whole else self.slots, channels, self._channel))
        self.shifts = None if whole else self._shifts(e.quotient(channels, groups))

    def _shifts(self, channels: Size) -> Any:
        """Where the row of each channel and offset begins."""
        e, extents = self._e, self._axes.extents
        shifts = e.buffer(int64, (e.mul(channels, product(e, extents)),))
        first = 0 if self._is_wide[0] else e.mul(self._axes.dilation[0], self._axes.row)
        with each(e, (channels, *extents)) as (c, *k):
            wide = self._order([i if wide else 0 for i, wide in zip(k, self._is_wide, strict=True)])
            copy = number_of(e, wide, self._copies)
            at = e.add(e.mul(c, self._channel), e.add(e.mul(copy, self.row_step), e.mul(k[0], first)))
            number = number_of(e, (c, *self._order(k)), (channels, *self._order(extents)))
            e.store(shifts, (number,), as_scalar(e, at))
        return shifts

    def take(self, image: Size, slot: Size) -> None:
        """The image that is unfolded next."""
        self._current = image
        self._images.take(image, slot if self.is_image else 0)

    def piece(self, number: Size) -> tuple[Size, Size]:
        """The first place of a piece, and how many it has."""
        e = self._e
        first = e.mul(number, self._height)
        return first, least(e, self._height, e.sub(self._axes.counts[0], first))

    def put(self, piece: Size, slot: Size) -> tuple[Size, Size]:
        """Unfold a piece of the image that was taken."""
        e, axes = self._e, self._axes
        first, count = self.piece(piece)
        if self.is_image:
            return first, count
        counts = [e.add(count, e.sub(self._places, self._height)), *axes.counts[1:]]
        *outer, last = counts
        channels, inner = self._images.channels, (self._places, *axes.counts[1:])
        sizes = (channels, *self._copies, self.slots, *inner) if self._whole else (0, channels, *self._copies, *inner)
        step = axes.stride[-1]
        with each(e, (channels, *self._copies)) as (c, *copy), each(e, outer) as at:
            k = copy if self._order is list else [copy[-1], *copy[:-1]]
            places = [e.add(i, first if axis == 0 else 0) for axis, i in enumerate((*at, 0))]
            source, start = self._images.load(self._current, 0, c, axes.elements(places, k))
            to = (c, *copy, slot, *at, 0) if self._whole else (slot, c, *copy, *at, 0)
            start_of = number_of(e, to, sizes)
            if step == 1:
                e.copy((self._memory, start_of), (source, start), last)
            else:
                to, source = e.flat(self._memory), e.flat(source)
                with e.loop(last, parallel=True) as i:
                    e.store(to, (e.add(start_of, i),), e.load(source, (e.add(start, e.mul(i, step)),)))
        return first, count

    def times(self, to: Stretch, w: Stretch, rows_from: Stretch, *, rows: Size, length: Size, pitch: Size) -> None:
        """Rows of weights times the unfolded rows that begin at `rows_from`; the rows of `to` are `pitch` apart."""
        if self._whole:
            sizes, steps = (rows, length, self.terms), (pitch, self.terms, self.row_step)
            self._e.product(to, w, rows_from, sizes=sizes, steps=steps)
        else:
            self._e.row_sums(to, w, rows_from, self.shifts, rows=rows, length=length, pitch=pitch)

    def at(self, image: Size, first: Size, group: Size) -> Stretch:
        """The rows of a group, of what is in slot 0; of the windows from place `first` on, the first of its piece."""
        e = self._e
        start = e.mul(group, self._group)
        if not self.is_image:
            return self._memory, start
        memory, number = self._images.at(image, 0)
        return memory, e.add(number, e.add(start, e.mul(first, self._axes.row)))


def parts_of(dtype: DType) -> tuple[int, DType]:
    """How many real numbers an element is, and of which dtype they are summed."""
    if dtype.kind == "c":
        return 2, float32 if dtype == complex64 else float64
    return 1, float32 if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype


def share_of(e: LoopEmitter, of_one: Size, count: Size, room: int) -> Size:
    """How many things of so many bytes are done at a time: those that fit into `room`, and at least one."""
    of_one = e.select(e.gt(of_one, 0), of_one, 1)
    fitting = e.quotient(room, of_one)
    most = e.select(e.gt(count, 0), count, 1)
    return least(e, e.select(e.gt(fitting, 0), fitting, 1), most)
