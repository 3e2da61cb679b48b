"""Rows put in order in native code, stably. An element has a *key*: an unsigned integer of its width, whose order is
that of the elements, NaN last. What a key does not tell (a place, which zero it was) moves along with it.

Runs are merged into runs twice as long, back and forth between the two halves of a buffer. Runs to begin with: of short
rows eight elements, put in order in registers. Of long rows parts that fit in caches, put in order by the bytes of the
keys, the lowest first (Knuth, "The Art of Computer Programming" 3, 5.2.5); bytes that all keys share are skipped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graph.dtypes import DType, int64, uint8, uint16, uint32, uint64
from graph.ir.lowering import LoopEmitter, Scalar, ScalarEmitter, Size
from graph.ops.run_sizes import larger_size, smaller_size

RUN: Final = 8
"""So many elements are put in order in registers."""
LONG: Final = 64
"""A row is long when it has so many elements for each byte of a key."""
PART: Final = 1 << 15
"""So many elements stay in the caches while they are put in order."""
DIGITS: Final = 256
_UNSIGNED: Final[dict[int, DType]] = {1: uint8, 2: uint16, 4: uint32, 8: uint64}

Item = tuple[Scalar, ...]
"""What orders it, and what moves along."""


def in_registers(s: ScalarEmitter, items: Sequence[Item], is_before: Callable[[Item, Item], Scalar]) -> list[Item]:
    """A few items in order. Only neighbours change places, so equal ones keep their order."""
    found = list(items)
    for number in range(len(found)):
        for i in range(number % 2, len(found) - 1, 2):
            p, q = found[i : i + 2]
            swap = is_before(q, p)
            found[i] = tuple(s.select(swap, b, a) for a, b in zip(p, q, strict=True))
            found[i + 1] = tuple(s.select(swap, a, b) for a, b in zip(p, q, strict=True))
    return found


def key_of(s: ScalarEmitter, x: Scalar) -> Scalar:
    """The key of an element: equal for both zeros, and for all NaN."""
    dtype = _UNSIGNED[x.dtype.itemsize]
    highest = 1 << (8 * dtype.itemsize - 1)
    match x.dtype.kind:
        case "b" | "u":
            return s.convert(x, dtype)
        case "i":
            return s.bit_xor(s.convert(x, dtype), s.const(highest, dtype))
        case _:
            zero, sign, last = (s.const(v, dtype) for v in (0, highest, 2 * highest - 1))
            bits = s.select(s.eq(x, 0.0), zero, s.bits(x))
            key = s.select(s.lt(bits, sign), s.bit_or(bits, sign), s.bit_not(bits))
            return s.select(s.ne(x, x), last, key)


def from_key(s: ScalarEmitter, key: Scalar, dtype: DType) -> Scalar:
    """The integer or bool that has a key."""
    if dtype.kind == "i":
        key = s.bit_xor(key, s.const(1 << (8 * dtype.itemsize - 1), key.dtype))
    return s.convert(key, dtype)


@dataclass(frozen=True, slots=True)
class Rows:
    """Room for a row of `n` keys, twice, and for what moves along."""

    e: LoopEmitter
    n: Size
    dtype: DType
    descending: bool
    keys: Any
    elements: Any
    """None for integers, whose keys tell all."""
    places: Any
    """None where nobody asks for them."""
    counts: Any
    """For each byte of a key: how often each digit occurs, then where the next one goes."""

    @staticmethod
    def make(e: LoopEmitter, dtype: DType, n: Size, *, places: bool, descending: bool = False) -> "Rows":
        """Buffers, which must be asked for outside of loops."""
        key, room = _UNSIGNED[dtype.itemsize], (e.mul(n, 2),)
        return Rows(
            e,
            n,
            dtype,
            descending,
            e.buffer(key, room),
            None if dtype.kind in "iub" else e.buffer(dtype, room),
            e.buffer(int64, room) if places else None,
            e.buffer(int64, (key.itemsize, DIGITS)),
        )

    def put(self, i: Size, x: Scalar) -> None:
        """Element `i` of the row."""
        key = key_of(self.e, x)
        values = [self.e.bit_not(key) if self.descending else key]
        values += [] if self.elements is None else [x]
        values += [] if self.places is None else [self.e.convert(i, int64)]
        self._store(i, tuple(values))

    def element(self, i: Size) -> Scalar:
        """What is at `i` of the buffer, not of the row."""
        if self.elements is not None:
            return self.e.load(self.elements, (i,))
        key = self.e.load(self.keys, (i,))
        return from_key(self.e, self.e.bit_not(key) if self.descending else key, self.dtype)

    def place(self, i: Size) -> Scalar:
        """Where what is at `i` of the buffer was in the row."""
        return self.e.load(self.places, (i,))

    @property
    def _buffers(self) -> list[Any]:
        return [x for x in (self.keys, self.elements, self.places) if x is not None]

    def _load(self, i: Size) -> Item:
        return tuple(self.e.load(x, (i,)) for x in self._buffers)

    def _store(self, i: Size, item: Item) -> None:
        for x, value in zip(self._buffers, item, strict=True):
            self.e.store(x, (i,), value)

    def _is_before(self, p: Item, q: Item) -> Scalar:
        return self.e.lt(p[0], q[0])

    def sort(self) -> Size:
        """Put the row, in the first half of the buffers, in order. Gives where the result begins: at 0 or n."""
        e = self.e
        is_long = e.ge(self.n, LONG * e.dtype(self.keys).itemsize)
        if is_long is not False:
            with e.when(is_long):
                self._sort_parts()
        if is_long is not True:
            with e.when(e.bit_not(is_long)):
                self._sort_runs()
        return self._merge_runs(e.select(is_long, PART, RUN))

    def _merge_runs(self, width: Size) -> Size:
        e, n = self.e, self.n
        source, length = e.variable(0), e.variable(width)
        with e.loop_while(lambda: e.lt(length.get(), n)):
            start, at, to = e.variable(0), source.get(), e.sub(n, source.get())
            with e.loop_while(lambda: e.lt(start.get(), n)):
                first = start.get()
                middle = smaller_size(e, e.add(first, length.get()), n)
                end = smaller_size(e, e.add(middle, length.get()), n)
                self._merge(e.add(at, first), e.add(at, middle), e.add(at, end), e.add(to, first))
                start.set(end)
            source.set(to)
            length.set(e.mul(length.get(), 2))
        return source.get()

    # Short rows

    def _sort_runs(self) -> None:
        e = self.e
        whole = e.quotient(self.n, RUN)
        with e.loop(whole) as number:
            start = e.mul(number, RUN)
            items = in_registers(e, [self._load(e.add(start, k)) for k in range(RUN)], self._is_before)
            for k, item in enumerate(items):
                self._store(e.add(start, k), item)
        start = e.mul(whole, RUN)
        with e.loop(e.sub(self.n, start)) as i:
            self._insert(start, e.add(start, i))

    def _insert(self, start: Size, place: Size) -> None:
        """Move the item at `place` to where it belongs among those from `start` on, which are in order."""
        e = self.e
        item = self._load(place)
        at = e.variable(place)

        def earlier() -> Item:
            return self._load(larger_size(e, e.sub(at.get(), 1), start))

        with e.loop_while(lambda: e.bit_and(e.gt(at.get(), start), self._is_before(item, earlier()))):
            self._store(at.get(), earlier())
            at.set(e.sub(at.get(), 1))
        self._store(at.get(), item)

    def _merge(self, first: Size, middle: Size, end: Size, to: Size) -> None:
        """Two neighbouring runs into one at `to`: of equal items the left ones come first."""
        e = self.e
        i, j, k = e.variable(first), e.variable(middle), e.variable(to)
        with e.loop_while(lambda: e.bit_and(e.lt(i.get(), middle), e.lt(j.get(), end))):
            left, right = self._load(i.get()), self._load(j.get())
            is_right = self._is_before(right, left)
            self._store(k.get(), tuple(e.select(is_right, q, p) for p, q in zip(left, right, strict=True)))
            step = e.convert(is_right, int64)
            i.set(e.add(i.get(), e.sub(1, step)))
            j.set(e.add(j.get(), step))
            k.set(e.add(k.get(), 1))
        is_left = e.lt(i.get(), middle)
        rest, stop = e.select(is_left, i.get(), j.get()), e.select(is_left, middle, end)
        with e.loop(e.sub(stop, rest), parallel=True) as step:
            self._store(e.add(k.get(), step), self._load(e.add(rest, step)))

    # Long rows

    def _sort_parts(self) -> None:
        e = self.e
        with e.loop(e.quotient(e.add(self.n, PART - 1), PART)) as number:
            start = e.mul(number, PART)
            self._sort_part(start, smaller_size(e, e.sub(self.n, start), PART))

    def _sort_part(self, start: Size, length: Size) -> None:
        """By bytes of the keys; what ends up in the second half of the buffers is copied back."""
        e, n = self.e, self.n
        size = e.sizes(self.counts)[0]
        self._count_digits(start, length)
        source, spare = e.variable(start), e.add(start, n)
        with e.loop(size) as number:
            at = source.get()
            first = self._digit(e.load(self.keys, (at,)), number)
            with e.when(e.ne(e.load(self.counts, (number, first)), length)):
                to = e.select(e.eq(at, start), spare, start)
                self._add_up(number, to)
                with e.loop(length) as i:
                    item = self._load(e.add(at, i))
                    digit = self._digit(item[0], number)
                    place = e.load(self.counts, (number, digit))
                    e.store(self.counts, (number, digit), e.add(place, 1))
                    self._store(place, item)
                source.set(to)
        with e.when(e.ne(source.get(), start)), e.loop(length, parallel=True) as i:
            self._store(e.add(start, i), self._load(e.add(spare, i)))

    def _count_digits(self, start: Size, length: Size) -> None:
        e = self.e
        size, flat = e.sizes(self.counts)[0], e.flat(self.counts)
        with e.loop(size * DIGITS, parallel=True) as i:
            e.store(flat, (i,), 0)
        with e.loop(length) as i:
            key = e.load(self.keys, (e.add(start, i),))
            for number in range(size):
                at = (number, self._digit(key, number))
                e.store(self.counts, at, e.add(e.load(self.counts, at), 1))

    def _digit(self, key: Scalar, number: Size) -> Size:
        e = self.e
        wide = e.shift_right(e.convert(key, uint64), e.convert(e.mul(number, 8), uint64))
        return e.convert(e.bit_and(wide, DIGITS - 1), int64)

    def _add_up(self, number: Size, to: Size) -> None:
        """Where the items with each digit go, from `to` on."""
        e = self.e
        total = e.variable(to)
        with e.loop(DIGITS) as digit:
            count = e.load(self.counts, (number, digit))
            e.store(self.counts, (number, digit), total.get())
            total.set(e.add(total.get(), count))
