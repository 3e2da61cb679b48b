"""Order in native code: rows, and what is found in rows that are in order. See `sorted_rows` for how."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from graph.aval import Dim
from graph.dtypes import int64
from graph.ir.lowering import LoopEmitter, Scalar, ScalarEmitter, Size, Sizes
from graph.ops.constant import sizes_of
from graph.ops.places import each
from graph.ops.run_sizes import larger_size
from graph.ops.sorted_rows import RUN, Item, Rows, in_registers

FEW: Final = 64
"""So many largest elements are kept in order while a row is read once; more are found by putting the row in order."""


def before(s: ScalarEmitter, x: Scalar, y: Scalar) -> Scalar:
    """Whether `x` comes strictly before `y` in rising order. NaN is larger than every number."""
    if x.dtype.kind in "iub":
        return s.lt(x, y)
    return s.bit_and(s.eq(x, x), s.bit_not(s.le(y, x)))


@dataclass(frozen=True, slots=True)
class _Order:
    """Which of two items comes first: by elements."""

    e: LoopEmitter
    descending: bool = False

    def is_before(self, p: Item, q: Item) -> Scalar:
        return before(self.e, q[0], p[0]) if self.descending else before(self.e, p[0], q[0])


def _inserted(row: Sizes, axis: int, i: Size) -> Sizes:
    """An index, from that of a row and the place in it."""
    return (*row[:axis], i, *row[axis:])


def _each_row(
    order: _Order, x: Any, axis: int, emit: Callable[[Sizes, Size, Scalar], None], *, places: bool = False
) -> None:
    """`emit(row, i, found)` gets element `i` of each row of `x` in order, or with `places` where it was."""
    e = order.e
    shape = e.sizes(x)
    n, others = shape[axis], (*shape[:axis], *shape[axis + 1 :])
    if isinstance(n, int) and n <= RUN:
        with each(e, others, parallel=True) as row:
            items = [(e.load(x, _inserted(row, axis, i)), *((e.const(i, int64),) if places else ())) for i in range(n)]
            for i, item in enumerate(in_registers(e, items, order.is_before)):
                emit(row, i, item[-1])
        return
    rows = Rows.make(e, e.dtype(x), n, places=places, descending=order.descending)
    with each(e, others) as row:
        with e.loop(n, parallel=True) as i:
            rows.put(i, e.load(x, _inserted(row, axis, i)))
        start = rows.sort()
        with e.loop(n, parallel=True) as i:
            at = e.add(start, i)
            emit(row, i, rows.place(at) if places else rows.element(at))


def sort(e: LoopEmitter, x: Any, *, axis: int, descending: bool) -> Any:
    """Falling order is the rising one backwards, as the kernel has it."""
    shape = e.sizes(x)
    at = axis % len(shape)
    y, last = e.buffer(e.dtype(x), shape), e.sub(shape[at], 1)

    def emit(row: Sizes, i: Size, found: Scalar) -> None:
        e.store(y, _inserted(row, at, e.sub(last, i) if descending else i), found)

    _each_row(_Order(e), x, at, emit)
    return y


def argsort(e: LoopEmitter, x: Any, *, axis: int, descending: bool) -> Any:
    shape = e.sizes(x)
    at = axis % len(shape)
    y = e.buffer(int64, shape)

    def emit(row: Sizes, i: Size, found: Scalar) -> None:
        e.store(y, _inserted(row, at, i), found)

    _each_row(_Order(e, descending), x, at, emit, places=True)
    return y


def sort_places(e: LoopEmitter, keys: Any, places: Any) -> None:
    """Fill the vector `places` with those of the keys in rising order."""
    _each_row(_Order(e), keys, 0, lambda row, i, found: e.store(places, (i,), found), places=True)


def topk(e: LoopEmitter, x: Any, *sizes: Any, shape: tuple[Dim], axis: int, largest: bool) -> tuple[Any, Any]:
    order, whole = _Order(e, largest), e.sizes(x)
    at = axis % len(whole)
    n, others = whole[at], (*whole[:at], *whole[at + 1 :])
    (k,) = sizes_of(e, *(e.convert(size, int64) for size in sizes), shape=shape)
    e.check(e.bit_and(e.ge(k, 0), e.le(k, n)))
    values, places = (e.buffer(dtype, _inserted(others, at, k)) for dtype in (e.dtype(x), int64))
    if isinstance(k, int) and k <= FEW:
        with each(e, others if k else (0,)) as row, e.loop(n) as i:
            kept = _Kept(order, (values, places), lambda place, row=row: _inserted(row, at, place), k)
            kept.offer((e.load(x, _inserted(row, at, i)), i), i)
        return values, places

    def emit(row: Sizes, i: Size, place: Scalar) -> None:
        with e.when(e.lt(i, k)):
            e.store(values, _inserted(row, at, i), e.load(x, _inserted(row, at, place)))
            e.store(places, _inserted(row, at, i), place)

    _each_row(order, e.stored(x), at, emit, places=True)
    return values, places


@dataclass(frozen=True, slots=True)
class _Kept:
    """The first `k` items in order of those that were offered, in buffers."""

    order: _Order
    buffers: tuple[Any, ...]
    index: Callable[[Size], Sizes]
    k: int

    def offer(self, item: Item, count: Size) -> None:
        """`count` others were offered before; the item goes behind its equals."""
        e = self.order.e
        has_room = e.lt(count, self.k)
        with e.when(e.bit_or(has_room, self.order.is_before(item, self._load(self.k - 1)))):
            at = e.variable(e.select(has_room, count, self.k - 1))

            def earlier() -> Item:
                return self._load(larger_size(e, e.sub(at.get(), 1), 0))

            with e.loop_while(lambda: e.bit_and(e.gt(at.get(), 0), self.order.is_before(item, earlier()))):
                self._store(at.get(), earlier())
                at.set(e.sub(at.get(), 1))
            self._store(at.get(), item)

    def _load(self, i: Size) -> Item:
        return tuple(self.order.e.load(x, self.index(i)) for x in self.buffers)

    def _store(self, i: Size, item: Item) -> None:
        for x, value in zip(self.buffers, item, strict=True):
            self.order.e.store(x, self.index(i), value)


def searchsorted(e: LoopEmitter, sorted_values: Any, x: Any, *, side: str) -> Any:
    """By halves, as many steps for each element."""
    values = e.stored(sorted_values)
    (n,) = e.sizes(values)
    y = e.buffer(int64, e.sizes(x))
    with each(e, e.sizes(x)) as at:
        wanted = e.load(x, at)

        def is_passed(i: Size, wanted: Scalar = wanted) -> Scalar:
            value = e.load(values, (i,))
            return e.bit_not(before(e, wanted, value)) if side == "right" else before(e, value, wanted)

        start, length = e.variable(0), e.variable(n)
        with e.loop_while(lambda: e.gt(length.get(), 1)):
            half = e.quotient(length.get(), 2)
            middle = e.add(start.get(), half)
            start.set(e.select(is_passed(e.sub(middle, 1)), middle, start.get()))
            length.set(e.sub(length.get(), half))
        with e.when(e.gt(length.get(), 0)):
            start.set(e.add(start.get(), e.convert(is_passed(start.get()), int64)))
        e.store(y, at, start.get())
    return y


@dataclass(frozen=True, slots=True)
class _Distinct:
    """The elements of a tensor in rising order, and how many differ from the one before."""

    rows: Rows
    start: Size
    count: Any

    @staticmethod
    def of(e: LoopEmitter, x: Any, *, places: bool) -> "_Distinct":
        shape, n = e.sizes(x), 1
        for size in shape:
            n = e.mul(n, size)
        rows = Rows.make(e, e.dtype(x), n, places=places)
        number = e.variable(0)
        with each(e, shape) as at:
            rows.put(number.get(), e.load(x, at))
            number.set(e.add(number.get(), 1))
        found = _Distinct(rows, rows.sort(), e.variable(0))
        with e.loop(n) as i:
            found.count.set(e.add(found.count.get(), e.convert(found.is_new(i), int64)))
        return found

    def place(self, i: Size) -> Scalar:
        return self.rows.place(self.rows.e.add(self.start, i))

    def element(self, i: Size) -> Scalar:
        return self.rows.element(self.rows.e.add(self.start, i))

    def is_new(self, i: Size) -> Scalar:
        """Whether element `i` differs from the one before it; NaN differs from all."""
        e = self.rows.e
        return e.bit_or(e.eq(i, 0), e.ne(self.element(i), self.element(larger_size(e, e.sub(i, 1), 0))))


def unique_values(e: LoopEmitter, x: Any) -> Any:
    found = _Distinct.of(e, x, places=False)
    values = e.buffer(e.dtype(x), (found.count.get(),))
    number = e.variable(0)
    with e.loop(found.rows.n) as i, e.when(found.is_new(i)):
        e.store(values, (number.get(),), found.element(i))
        number.set(e.add(number.get(), 1))
    return values


def unique_all(e: LoopEmitter, x: Any) -> tuple[Any, ...]:
    found = _Distinct.of(e, x, places=True)
    count = found.count.get()
    values, first = e.buffer(e.dtype(x), (count,)), e.buffer(int64, (count,))
    inverse, counts = e.buffer(int64, e.sizes(x)), e.buffer(int64, (count,))
    each_of = e.flat(inverse)
    number = e.variable(-1)
    with e.loop(found.rows.n) as i:
        place = found.place(i)
        with e.when(found.is_new(i)):
            number.set(e.add(number.get(), 1))
            e.store(values, (number.get(),), found.element(i))
            e.store(first, (number.get(),), place)
            e.store(counts, (number.get(),), 0)
        at = number.get()
        e.store(each_of, (place,), at)
        e.store(counts, (at,), e.add(e.load(counts, (at,)), 1))
    return values, first, inverse, counts
