"""Products with a matrix whose rows are stretches of one array, each beginning where a table says: convolutions.

Two functions over such rows, `x[shift[k] : shift[k] + length]`, for each dtype and tile:

    sums    to[r, p] = sum over k of w[r, k] * x[shift[k] + p]
    dots    to[r, k] += sum over p of y[r, p] * x[shift[k] + p]

Rows may overlap, so a convolution needs no copy for each offset of its window. A tile of the result is held in vector
registers, as in BLAS (Goto and van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, 2008); nothing is
packed: rows are contiguous as they are. Why not BLAS: its products of few rows (channels) and many columns are at half
of the speed of these, and it wants each offset of a window copied.
"""

from typing import Any

from graph.dtypes import DType
from graph.llvm import ir
from graph.llvm.code import Code, Unit
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalars, Size
from graph.llvm.tiles import Tile, best_tile, blocks, cycles
from graph.llvm.types import I64, PTR
from graph.llvm.vectors import SumsInRegisters, Vectors, function_of_vectors, lanes_of


def tile_of_sums(unit: Unit, dtype: DType, rows: Size, length: Size) -> Tile:
    """The best tile for `sums`. Vectors that do not fill one are computed one by one."""
    lanes = lanes_of(unit, dtype)

    def time(tile: Tile) -> float:
        step = cycles(tile.rows, tile.columns)
        if not isinstance(length, int):
            return blocks(rows, tile.rows) * step / tile.columns
        whole = length // (tile.columns * lanes)
        rest = -(-(length - whole * tile.columns * lanes) // lanes)
        return blocks(rows, tile.rows) * (whole * step + rest * cycles(tile.rows, 1))

    return best_tile(unit, time)


def tile_of_dots(unit: Unit, rows: Size, terms: Size) -> Tile:
    """The best tile for `dots`."""
    return best_tile(unit, lambda t: blocks(rows, t.rows) * blocks(terms, t.columns) * cycles(t.rows, t.columns))


def sums(unit: Unit, dtype: DType, tile: Tile) -> ir.Function:
    """`void(to, pitch, w, x, shift, terms, rows, length)`: the distance of rows of `to` is `pitch`, of `w` `terms`."""
    types = [PTR, I64, PTR, PTR, PTR, I64, I64, I64]
    return function_of_vectors(
        unit, f"row_sums.{dtype}.{tile.rows}x{tile.columns}", types, lambda c: _write_sums(c, dtype, tile)
    )


def dots(unit: Unit, dtype: DType, tile: Tile) -> ir.Function:
    """`void(to, y, y_pitch, y_step, x, x_step, shift, terms, rows, length, batch)`.

    What is added is summed over `batch` arrays y and x, `y_step` and `x_step` elements apart.
    """
    types = [PTR, PTR, I64, I64, PTR, I64, PTR, I64, I64, I64, I64]
    return function_of_vectors(
        unit, f"row_dots.{dtype}.{tile.rows}x{tile.columns}", types, lambda c: _write_dots(c, dtype, tile)
    )


def _write_sums(code: Code, dtype: DType, tile: Tile) -> None:
    s, v = Scalars(code), Vectors(code, dtype)
    to, w, x, shift = (code.function.args[i] for i in (0, 2, 3, 4))
    pitch, terms, rows, length = (s.i64(code.function.args[i]) for i in (1, 5, 6, 7))

    def at(place: ir.Value, index: Size) -> ir.Value:
        return code.offset(place, s.size(index), v.element)

    def columns(p: Size, count: int, mask: ir.Value | None) -> None:
        """Columns from `p` on, so many vectors, of all rows."""
        with counted_loop(s, _ceil(s, rows, tile.rows)) as block:
            numbers = [_at_most(s, s.add(s.mul(block, tile.rows), i), rows) for i in range(tile.rows)]
            factors = [at(w, s.mul(n, terms)) for n in numbers]
            total = SumsInRegisters(v, tile.rows, count)
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
    s, v = Scalars(code), Vectors(code, dtype)
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
        total = SumsInRegisters(v, tile.rows, tile.columns)
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
        v = Vectors(code, dtype, width)
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
