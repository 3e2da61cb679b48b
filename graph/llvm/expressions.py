"""Pending expressions: how an element of a tensor is computed from its place.

A `Node` computes one element at a `Point`. Nodes refer to tensors and registers, which may be pending themselves, so
nodes form a graph; one `Evaluation` computes what is shared between its parts once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.aval import Dim
from graph.dtypes import DType, bfloat16, bool_
from graph.errors import InternalError
from graph.llvm import ir
from graph.llvm.casts import bfloat16_bits, bfloat16_from_bits
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import I1, I8, memory_type
from graph.llvm.values import Registers, Tensor

Source = Registers | Tensor


@dataclass(slots=True, eq=False)
class Point:
    """A place in a tensor of `sizes`: its index by axis, its number in C order, or both."""

    sizes: tuple[Size, ...]
    axes: tuple[Size, ...] | None
    flat: Size | None


class Evaluation:
    """Computes elements at the current place of the code. What it has computed it does not compute again."""

    def __init__(self, s: Scalars, spills: Mapping[int, ir.Value] | None = None) -> None:
        """`spills` has the places in memory of registers, by id, that are read at indices known at run time only."""
        self.s = s
        self._spills = dict(spills or {})
        self._known: dict[tuple[int, int], Scalar] = {}
        self._points: dict[Any, Point] = {}
        self._kept: list[Any] = []

    def element(self, x: Source, point: Point) -> Scalar:
        """The element of `x` at a point of it."""
        if isinstance(x, Tensor) and x.node is not None:
            key = (id(x), id(point))
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = x.node.element(self, point)
                self._kept.append(point)
            return known
        if isinstance(x, Registers) and not x.type.shape:
            return x.elements[0]
        key = (id(x), id(point))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._load(x, point)
            self._kept.append(point)
        return known

    def _load(self, x: Source, point: Point) -> Scalar:
        at = self.flat(point)
        if isinstance(x, Registers):
            if isinstance(at, int):
                return x.elements[at]
            if id(x) not in self._spills:
                self._spills[id(x)] = spilled(self.s, x)
                self._kept.append(x)
            place = self._spills[id(x)]
        else:
            place = x.data
        return load_element(self.s, place, x.type.dtype, at)

    def flat(self, point: Point) -> Size:
        """The number of a point in C order."""
        if point.flat is None:
            assert point.axes is not None
            point.flat = linear(self.s, point.axes, point.sizes)
        return point.flat

    def axes(self, point: Point) -> tuple[Size, ...]:
        """The index of a point, by axis."""
        if point.axes is None:
            assert point.flat is not None
            rest, axes = point.flat, list[Size]()
            for size in reversed(point.sizes[1:]):
                axes.append(self.s.remainder(rest, size))
                rest = self.s.quotient(rest, size)
            point.axes = (rest, *reversed(axes)) if point.sizes else ()
        return point.axes

    def point(self, sizes: tuple[Size, ...], axes: tuple[Size, ...]) -> Point:
        """The point at an index; the same one for the same index."""
        key = tuple(x if isinstance(x, int) else id(x) for x in (*sizes, *axes))
        if key not in self._points:
            self._points[key] = Point(sizes, axes, None)
            self._kept.append((sizes, axes))
        return self._points[key]

    def keep(self, x: Any) -> None:
        """Keep an object alive, by whose id something is known."""
        self._kept.append(x)

    def numbered(self, sizes: tuple[Size, ...], flat: Size) -> Point:
        """The point with a number in C order; the same one for the same number."""
        key = (
            *(x if isinstance(x, int) else id(x) for x in sizes),
            "flat",
            flat if isinstance(flat, int) else id(flat),
        )
        if key not in self._points:
            self._points[key] = Point(sizes, None, flat)
            self._kept.append((sizes, flat))
        return self._points[key]


def linear(s: Scalars, axes: Sequence[Size], sizes: Sequence[Size]) -> Size:
    """The number in C order of an index."""
    at: Size = 0
    for i, size in zip(axes, sizes, strict=True):
        at = s.add(s.mul(at, size), i)
    return at


def load_element(s: Scalars, place: ir.Value, dtype: DType, at: Size) -> Scalar:
    """Element number `at` of an array of elements."""
    code, kind = s.code, memory_type(dtype)
    index = at if isinstance(at, int) else at.value
    if dtype.kind == "c":
        first = code.offset(place, s.size(s.mul(at, 2)), kind)
        return Scalar(dtype, (code.load(first, kind), code.load(code.offset(first, 1, kind), kind)))
    raw = code.load(code.offset(place, index, kind), kind)
    if dtype == bool_:
        return Scalar(dtype, (code.b.trunc(raw, I1),))
    return Scalar(dtype, (bfloat16_from_bits(code.b, raw) if dtype == bfloat16 else raw,))


def store_element(s: Scalars, place: ir.Value, at: Size, element: Scalar) -> None:
    """Write element number `at` of an array of elements."""
    code, dtype = s.code, element.dtype
    kind = memory_type(dtype)
    index = at if isinstance(at, int) else at.value
    if dtype.kind == "c":
        first = code.offset(place, s.size(s.mul(at, 2)), kind)
        code.store(element.parts[0], first)
        code.store(element.parts[1], code.offset(first, 1, kind))
        return
    raw = element.value
    if dtype == bool_:
        raw = code.b.zext(raw, I8)
    elif dtype == bfloat16:
        raw = bfloat16_bits(code.b, raw)
    code.store(raw, code.offset(place, index, kind))


def spilled(s: Scalars, x: Registers) -> ir.Value:
    """The elements of registers in memory: on the stack, or where constants are."""
    if x.place is not None:
        return x.place
    code: Code = s.code
    kind = memory_type(x.type.dtype)
    table = _table(x)
    if table is not None:
        return code.unit.table(kind, table)
    place = code.slot(kind, max(1, sum(len(element.parts) for element in x.elements)))
    with code.unmarked():
        for i, element in enumerate(x.elements):
            store_element(s, place, i, element)
    return place


def _table(x: Registers) -> list[ir.Value] | None:
    """The elements as constants of memory; None where they are none, or need to be converted."""
    if x.type.dtype.kind not in "iuf" or x.type.dtype.itemsize == 2 or not x.elements:
        return None
    values = [element.value for element in x.elements]
    return values if all(isinstance(v, make.Constant) for v in values) else None


class Node:
    """How an element is computed. `sources` are what it reads; `cost` is roughly in instructions."""

    sources: tuple[Source, ...] = ()
    cost: int = 1
    is_flat: bool = False
    """Whether an element is computed from its number alone, as well as from its index."""

    def element(self, ev: Evaluation, point: Point) -> Scalar:
        raise NotImplementedError


class Apply(Node):
    """A rule on the elements of operands, which broadcast."""

    def __init__(
        self,
        rule: Callable[..., Any],
        attrs: Mapping[str, Any],
        operands: Sequence[Source],
        dims: Sequence[Dim],
        dtype: DType,
        cost: int,
    ) -> None:
        self._rule, self._attrs, self.dims, self._dtype = rule, attrs, tuple(dims), dtype
        self.sources = tuple(operands)
        self.cost = cost
        self.is_flat = all(_is_flat(x) and x.type.shape in ((), self.dims) for x in operands)

    def element(self, ev: Evaluation, point: Point) -> Scalar:
        s = ev.s
        operands = [ev.element(x, self._at(ev, point, x)) for x in self.sources]
        made = self._rule(s, *operands, **self._attrs)
        element = made if isinstance(made, Scalar) else s.const(made, self._dtype)
        if element.dtype != self._dtype:
            raise InternalError(f"a lowering rule gives {element.dtype}, not {self._dtype}")
        return element

    def _at(self, ev: Evaluation, point: Point, x: Source) -> Point:
        shape = x.type.shape
        if shape == self.dims or not shape:
            return point
        lead = len(self.dims) - len(shape)
        axes = ev.axes(point)[lead:]
        own: list[Size] = []
        for i, dim, wanted, size in zip(axes, shape, self.dims[lead:], x.sizes, strict=True):
            if dim == wanted:
                own.append(i)
            elif dim == 1:
                own.append(0)
            else:
                own.append(ev.s.select(ev.s.eq(size, 1), 0, i))
        return ev.point(x.sizes, tuple(own))


class Moved(Node):
    """Elements of another tensor, elsewhere: `place(s, index)` is the index there."""

    def __init__(self, source: Source, place: Callable[[Scalars, tuple[Size, ...]], tuple[Size, ...]]) -> None:
        self._place = place
        self.sources = (source,)

    def element(self, ev: Evaluation, point: Point) -> Scalar:
        (x,) = self.sources
        return ev.element(x, ev.point(x.sizes, tuple(self._place(ev.s, ev.axes(point)))))


class Transposed(Moved):
    """Axis i is axis `order[i]` of the source. Products know it, and need no copy."""

    def __init__(self, source: Source, order: tuple[int, ...]) -> None:
        back = tuple(order.index(i) for i in range(len(order)))
        super().__init__(source, lambda s, index: tuple(index[i] for i in back))
        self.order = order


class Gathered(Node):
    """Elements computed from loads: `rule(e, index)`, where `e.load` reads any of the operands."""

    def __init__(
        self,
        operands: Sequence[Any],
        rule: Callable[["Reading", tuple[Size, ...]], Any],
        dtype: DType,
        cost: int,
    ) -> None:
        self._rule, self._dtype = rule, dtype
        self.sources = tuple(x for x in operands if isinstance(x, Registers | Tensor))
        self.cost = cost

    def element(self, ev: Evaluation, point: Point) -> Scalar:
        made = self._rule(Reading(ev), ev.axes(point))
        return made if isinstance(made, Scalar) else ev.s.const(made, self._dtype)


class Reading(Scalars):
    """What the rule of a `Gather` speaks to: arithmetic, and elements of operands."""

    def __init__(self, ev: Evaluation) -> None:
        super().__init__(ev.s.code)
        self._ev = ev

    def sizes(self, x: Any) -> tuple[Size, ...]:
        return () if isinstance(x, Scalar) else x.sizes

    def load(self, x: Any, index: Sequence[Size]) -> Scalar:
        return x if isinstance(x, Scalar) else self._ev.element(x, self._ev.point(x.sizes, tuple(index)))


class Reshaped(Node):
    """The elements of another tensor in C order."""

    def __init__(self, source: Source) -> None:
        self.sources = (source,)
        self.is_flat = _is_flat(source)

    def element(self, ev: Evaluation, point: Point) -> Scalar:
        (x,) = self.sources
        at = ev.flat(point)
        return ev.element(x, ev.numbered(x.sizes, at))


class Generated(Node):
    """An element from its index."""

    def __init__(self, rule: Callable[[Scalars, tuple[Size, ...]], Any], dtype: DType, *, is_constant: bool) -> None:
        self._rule, self._dtype = rule, dtype
        self.is_flat = is_constant

    def element(self, ev: Evaluation, point: Point) -> Scalar:
        axes = () if self.is_flat else ev.axes(point)
        made = self._rule(ev.s, axes)
        return made if isinstance(made, Scalar) else ev.s.const(made, self._dtype)


def _is_flat(x: Source) -> bool:
    return not isinstance(x, Tensor) or x.node is None or x.node.is_flat
