"""Products with a matrix whose rows are stretches of one array, each beginning where a table says: convolutions.

Two functions over such rows, `x[shift[k] : shift[k] + length]`, for each dtype and tile:

    sums    to[r, p] = sum over k of w[r, k] * x[shift[k] + p]
    dots    to[r, k] += sum over p of y[r, p] * x[shift[k] + p]

Rows may overlap, so a convolution needs no copy for each offset of its window. A tile of the result is held in vector
registers, as in BLAS (Goto and van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, 2008); nothing is
packed: rows are contiguous as they are. Why not BLAS: its products of few rows (channels) and many columns are at half
of the speed of these, and it wants each offset of a window copied.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graph.dtypes import DType
from graph.llvm import ir
from graph.llvm.code import Code, Unit
from graph.llvm.ir import make
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import I1, I32, I64, PTR, VOID, register_type


@dataclass(frozen=True, slots=True)
class Tile:
    """So many rows of the result, and so many vectors or columns of it, are computed at a time."""

    rows: int
    columns: int


def tile_of_sums(unit: Unit, dtype: DType, rows: Size, length: Size) -> Tile:
    """The best tile for `sums`. Vectors that do not fill one are computed one by one."""
    lanes = lanes_of(unit, dtype)

    def time(tile: Tile) -> float:
        step = _cycles(tile.rows, tile.columns)
        if not isinstance(length, int):
            return _blocks(rows, tile.rows) * step / tile.columns
        whole = length // (tile.columns * lanes)
        rest = -(-(length - whole * tile.columns * lanes) // lanes)
        return _blocks(rows, tile.rows) * (whole * step + rest * _cycles(tile.rows, 1))

    return _best(unit, time)


def tile_of_dots(unit: Unit, rows: Size, terms: Size) -> Tile:
    """The best tile for `dots`."""
    return _best(unit, lambda t: _blocks(rows, t.rows) * _blocks(terms, t.columns) * _cycles(t.rows, t.columns))


def _best(unit: Unit, time: Callable[[Tile], float]) -> Tile:
    """Of those that registers have room for, beside what they are multiplied with."""
    room = unit.vector_registers * 3 // 4
    tiles = [Tile(r, c) for r in range(1, 9) for c in range(1, 9) if r * c <= room]
    return min(tiles, key=lambda t: (time(t), -t.rows * t.columns, t.rows + t.columns))


def _cycles(rows: int, columns: int) -> float:
    """For one product of each sum: a processor does two products and two loads in a cycle, and a sum takes four."""
    return max(rows * columns / 2, (rows + columns) / 2, 4)


def _blocks(count: Size, block: int) -> float:
    return -(-count // block) if isinstance(count, int) else 1 / block


def lanes_of(unit: Unit, dtype: DType) -> int:
    """How many elements a vector has."""
    return max(1, unit.vector_bytes // dtype.itemsize)


class _Vectors:
    """Vectors of elements of a dtype, and the code that works on them."""

    def __init__(self, code: Code, dtype: DType, lanes: int | None = None) -> None:
        self.code, self.b = code, code.b
        self.bytes = dtype.itemsize
        self.lanes = lanes or lanes_of(code.unit, dtype)
        self.element = register_type(dtype)
        self.is_float = dtype.kind == "f"
        self.type = make.VectorType(self.element, self.lanes)
        self.name = f"v{self.lanes}{'f' if self.is_float else 'i'}{8 * dtype.itemsize}"

    def zero(self) -> ir.Value:
        return make.Constant(self.type, None)

    def first(self, count: Scalar) -> ir.Value:
        """The mask of the first `count` lanes."""
        lanes = make.VectorType(I32, self.lanes)
        numbers = make.Constant(lanes, list(range(self.lanes)))
        given = self.b.trunc(count.value, I32)
        return self.b.icmp_signed("<", numbers, self._everywhere(lanes, given))

    def splat(self, value: ir.Value) -> ir.Value:
        return self._everywhere(self.type, value)

    def _everywhere(self, vector: ir.Type, value: ir.Value) -> ir.Value:
        one = self.b.insert_element(make.Constant(vector, make.Undefined), value, I32(0))
        zeros = make.Constant(make.VectorType(I32, self.lanes), None)
        return self.b.shuffle_vector(one, make.Constant(vector, make.Undefined), zeros)

    def load(self, place: ir.Value, mask: ir.Value | None) -> ir.Value:
        """What is not in the mask is zero, and not read."""
        if mask is None:
            return self.b.load(place, align=self.bytes, typ=self.type)
        masks = make.VectorType(I1, self.lanes)
        function = self._intrinsic(f"masked.load.{self.name}.p0", self.type, [PTR, I32, masks, self.type])
        return self.b.call(function, [place, I32(self.bytes), mask, self.zero()])

    def store(self, value: ir.Value, place: ir.Value, mask: ir.Value | None) -> None:
        if mask is None:
            self.b.store(value, place, align=self.bytes)
            return
        masks = make.VectorType(I1, self.lanes)
        function = self._intrinsic(f"masked.store.{self.name}.p0", VOID, [self.type, PTR, I32, masks])
        self.b.call(function, [value, place, I32(self.bytes), mask])

    def plus(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.b.fadd(x, y) if self.is_float else self.b.add(x, y)

    def multiply_add(self, x: ir.Value, y: ir.Value, total: ir.Value) -> ir.Value:
        if not self.is_float:
            return self.plus(self.b.mul(x, y), total)
        function = self._intrinsic(f"fmuladd.{self.name}", self.type, [self.type] * 3)
        return self.b.call(function, [x, y, total])

    def sum(self, x: ir.Value) -> ir.Value:
        """Of all lanes."""
        if not self.is_float:
            return self.b.call(self._intrinsic(f"vector.reduce.add.{self.name}", self.element, [self.type]), [x])
        function = self._intrinsic(f"vector.reduce.fadd.{self.name}", self.element, [self.element, self.type])
        return self.b.call(function, [self.element(0.0), x], fastmath=("reassoc",))

    def _intrinsic(self, name: str, result: ir.Type, parameters: Sequence[ir.Type]) -> ir.Function:
        return self.code.unit.external(f"llvm.{name}", result, parameters)


class _Sums:
    """A tile's sums, in registers while they grow."""

    def __init__(self, v: _Vectors, tile: Tile) -> None:
        self._v = v
        self.places = [[v.code.slot(v.type) for _ in range(tile.columns)] for _ in range(tile.rows)]
        for place in (p for row in self.places for p in row):
            v.b.store(v.zero(), place, align=8)

    def add(self, i: int, j: int, x: ir.Value, y: ir.Value) -> None:
        total = self._v.b.load(self.places[i][j], align=8, typ=self._v.type)
        self._v.b.store(self._v.multiply_add(x, y, total), self.places[i][j], align=8)

    def get(self, i: int, j: int) -> ir.Value:
        return self._v.b.load(self.places[i][j], align=8, typ=self._v.type)


def sums(unit: Unit, dtype: DType, tile: Tile) -> ir.Function:
    """`void(to, pitch, w, x, shift, terms, rows, length)`: the distance of rows of `to` is `pitch`, of `w` `terms`."""
    types = [PTR, I64, PTR, PTR, PTR, I64, I64, I64]
    return _function(unit, f"row_sums.{dtype}.{tile.rows}x{tile.columns}", types, lambda c: _write_sums(c, dtype, tile))


def dots(unit: Unit, dtype: DType, tile: Tile) -> ir.Function:
    """`void(to, y, y_pitch, y_step, x, x_step, shift, terms, rows, length, batch)`.

    What is added is summed over `batch` arrays y and x, `y_step` and `x_step` elements apart.
    """
    types = [PTR, PTR, I64, I64, PTR, I64, PTR, I64, I64, I64, I64]
    return _function(unit, f"row_dots.{dtype}.{tile.rows}x{tile.columns}", types, lambda c: _write_dots(c, dtype, tile))


def _function(unit: Unit, name: str, types: Sequence[ir.Type], write: Callable[[Code], None]) -> ir.Function:
    """The function of that name, written now where the module has none."""
    known = unit.module.globals.get(name)
    if known is not None:
        return known
    made = make.Function(unit.module, make.FunctionType(VOID, types), name)
    made.linkage = "internal"
    made.attributes.add("noinline")
    for argument, kind in zip(made.args, types, strict=True):
        if kind is PTR:
            argument.add_attribute("noalias")
    code = Code(unit, made)
    write(code)
    code.b.ret_void()
    return made


def _write_sums(code: Code, dtype: DType, tile: Tile) -> None:
    s, v = Scalars(code), _Vectors(code, dtype)
    to, w, x, shift = (code.function.args[i] for i in (0, 2, 3, 4))
    pitch, terms, rows, length = (s.i64(code.function.args[i]) for i in (1, 5, 6, 7))

    def at(place: ir.Value, index: Size) -> ir.Value:
        return code.offset(place, s.size(index), v.element)

    def columns(p: Size, count: int, mask: ir.Value | None) -> None:
        """Columns from `p` on, so many vectors, of all rows."""
        with counted_loop(s, _ceil(s, rows, tile.rows)) as block:
            numbers = [_at_most(s, s.add(s.mul(block, tile.rows), i), rows) for i in range(tile.rows)]
            factors = [at(w, s.mul(n, terms)) for n in numbers]
            total = _Sums(v, Tile(tile.rows, count))
            with counted_loop(s, terms) as k:
                start = at(x, s.add(s.i64(code.b.load(at64(s, shift, k), typ=I64)), p))
                vectors = [v.load(at(start, j * v.lanes), mask) for j in range(count)]
                for i, row in enumerate(factors):
                    factor = v.splat(code.b.load(at(row, k), align=v.bytes, typ=v.element))
                    for j, vector in enumerate(vectors):
                        total.add(i, j, factor, vector)
            for i, n in enumerate(numbers):
                for j in range(count):
                    v.store(total.get(i, j), at(to, s.add(s.mul(n, pitch), s.add(p, j * v.lanes))), mask)

    width = tile.columns * v.lanes
    whole = s.quotient(length, width)
    with counted_loop(s, whole) as block:
        columns(s.mul(block, width), tile.columns, None)
    start = s.mul(whole, width)
    with counted_loop(s, _ceil(s, s.sub(length, start), v.lanes)) as block:
        p = s.add(start, s.mul(block, v.lanes))
        columns(p, 1, v.first(s.sub(length, p)))


def _write_dots(code: Code, dtype: DType, tile: Tile) -> None:
    s, v = Scalars(code), _Vectors(code, dtype)
    to, y, x, shift = (code.function.args[i] for i in (0, 1, 4, 6))
    y_pitch, y_step, x_step, terms, rows, length, batch = (s.i64(code.function.args[i]) for i in (2, 3, 5, 7, 8, 9, 10))

    def at(place: ir.Value, index: Size) -> ir.Value:
        return code.offset(place, s.size(index), v.element)

    whole = s.quotient(length, v.lanes)
    rest = s.mul(whole, v.lanes)
    mask = v.first(s.sub(length, rest))
    with (
        counted_loop(s, _ceil(s, terms, tile.columns)) as term_block,
        counted_loop(s, _ceil(s, rows, tile.rows)) as row_block,
    ):
        taken = [_at_most(s, s.add(s.mul(row_block, tile.rows), i), rows) for i in range(tile.rows)]
        chosen = [_at_most(s, s.add(s.mul(term_block, tile.columns), j), terms) for j in range(tile.columns)]
        total = _Sums(v, tile)
        shifts = [s.i64(code.b.load(at64(s, shift, k), typ=I64)) for k in chosen]
        with counted_loop(s, batch) as n:
            left = [at(y, s.add(s.mul(n, y_step), s.mul(r, y_pitch))) for r in taken]
            right = [at(x, s.add(s.mul(n, x_step), k)) for k in shifts]

            def step(p: Size, mask: ir.Value | None, left: Any = left, right: Any = right, total: Any = total) -> None:
                vectors = [v.load(at(row, p), mask) for row in left]
                for j, row in enumerate(right):
                    vector = v.load(at(row, p), mask)
                    for i, other in enumerate(vectors):
                        total.add(i, j, other, vector)

            with counted_loop(s, whole) as block:
                step(s.mul(block, v.lanes), None)
            with code.when(s.lt(rest, length).value):
                step(rest, mask)
        places = [[at(to, s.add(s.mul(r, terms), k)) for k in chosen] for r in taken]
        before = [[code.b.load(place, align=v.bytes, typ=v.element) for place in row] for row in places]
        for i, row in enumerate(places):
            for j, place in enumerate(row):
                found = v.sum(total.get(i, j))
                added = code.b.fadd(before[i][j], found) if v.is_float else code.b.add(before[i][j], found)
                code.b.store(added, place, align=v.bytes)


def add_elements(code: Code, dtype: DType, to: ir.Value, x: ir.Value, count: Size) -> None:
    """`to[i] += x[i]`: a few that are known by vectors of fitting widths, in which LLVM does not loop."""
    s = Scalars(code)
    lanes = lanes_of(code.unit, dtype)

    def add(i: Size, width: int) -> None:
        v = _Vectors(code, dtype, width)
        place, other = (code.offset(p, s.size(i), v.element) for p in (to, x))
        v.store(v.plus(v.load(place, None), v.load(other, None)), place, None)

    start: Size = 0
    if not isinstance(count, int) or count > 4 * lanes:
        whole = s.quotient(count, lanes)
        with counted_loop(s, whole) as block:
            add(s.mul(block, lanes), lanes)
        start = s.mul(whole, lanes)
    if not isinstance(count, int) or not isinstance(start, int):
        with counted_loop(s, s.sub(count, start)) as i:
            add(s.add(start, i), 1)
        return
    width = lanes
    while start < count:
        while width > count - start:
            width //= 2
        add(start, width)
        start += width


def at64(s: Scalars, place: ir.Value, index: Size) -> ir.Value:
    """The address of an element of an int64 array."""
    return s.code.offset(place, s.size(index), I64)


def _ceil(s: Scalars, count: Size, block: int) -> Size:
    return s.quotient(s.add(count, block - 1), block)


def _at_most(s: Scalars, number: Size, count: Size) -> Size:
    """A row of the last block may be one too many: then the last row is computed again."""
    return s.select(s.lt(number, count), number, s.sub(count, 1))
