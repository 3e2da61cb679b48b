"""Products of larger matrices, by panels: what stands in for BLAS's `gemm` where columns and terms are known.

A panel of the right operand, as wide as a tile of the result, is copied together, so that it lies in the first-level
cache as it is read. Tile by tile the result then grows in registers. The left operand is read where it lies: its
elements are wanted one by one, each for a whole row of a tile.

Source: K. Goto, R. van de Geijn, Anatomy of high-performance matrix multiplication, ACM TOMS 34(3), 2008.
Why not BLAS: OpenBLAS, which SciPy brings, reaches half of a core's peak for some hundred rows; this, 85 %
(docs/benchmarks.md).
"""

from typing import Any, Final

from graph.dtypes import DType, float32, float64
from graph.llvm import ir
from graph.llvm.code import Code, Unit
from graph.llvm.ir import make
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalars, Size
from graph.llvm.tiles import Tile, blocks, cycles
from graph.llvm.types import I1, I32, I64, PTR, VOID
from graph.llvm.vectors import SumsInRegisters, Vectors, function_of_vectors, lanes_of

VECTORS: Final = 512
"""Of a panel at most: 32 KB, two thirds of a first-level cache."""
FEW: Final = 8
"""Rows of a tile at most, and of a product at least."""
LEAST: Final = 1_000_000
"""So many multiplications are work for panels: up to there OpenBLAS has functions that are as fast."""
LEAST_TURNED: Final = 200_000
"""The same where the right operand is turned, for which it has not."""
USUAL_ROWS: Final = 128
"""For choosing a tile where only a run knows the number of rows."""


def least_rows(columns: int, terms: int, *, right_turned: bool) -> int:
    """From how many rows on a product is work for panels."""
    return max(FEW, (LEAST_TURNED if right_turned else LEAST) // max(columns * terms, 1) + 1)


def panel_tile(unit: Unit, dtype: DType, rows: int, columns: int) -> Tile | None:
    """The tile for a result of at least `FEW` rows; None where panels are no gain: most lanes would idle, other dtypes,
    processors without AVX2."""
    lanes = lanes_of(unit, dtype)
    if dtype not in (float32, float64) or not unit.has_fma or unit.vector_bytes < 32 or columns < lanes // 2:
        return None
    vectors = -(-columns // lanes)

    def time(tile: Tile) -> float:
        """With a dozen sums at least, so that a processor finds one that is not waited for. A row costs, as measured,
        a quarter of a cycle more than its products: for its address."""
        step = max(cycles(tile.rows, tile.columns), 6) + tile.rows / 4
        return blocks(rows, tile.rows) * blocks(vectors, tile.columns) * step

    room = unit.vector_registers * 3 // 4
    tiles = [Tile(r, c) for c in range(4, 0, -1) for r in range(1, FEW + 1) if r * c <= room]
    return min(tiles, key=time)


def panels(unit: Unit, dtype: DType, tile: Tile, *, left_turned: bool, right_turned: bool) -> ir.Function:
    """`void(to, to_pitch, a, a_pitch, b, b_pitch, rows, columns, terms, adds)`: `to = a @ b`, or `to += a @ b`.

    Rows begin a pitch apart; of an operand that is `turned`, columns do. `a` has at least as many rows as the tile
    before the end of the last one that is asked for: what is computed of others is not stored.
    """
    name = f"panels.{dtype}.{tile.rows}x{tile.columns}{'t' if left_turned else 'n'}{'t' if right_turned else 'n'}"
    types = [PTR, I64, PTR, I64, PTR, I64, I64, I64, I64, I1]

    def write(code: Code) -> None:
        _Panels(code, dtype, tile, left_turned, right_turned).write()

    return function_of_vectors(unit, name, types, write)


class _Panels:
    def __init__(self, code: Code, dtype: DType, tile: Tile, left_turned: bool, right_turned: bool) -> None:
        self.code, self.tile, self.left_turned, self.right_turned = code, tile, left_turned, right_turned
        self.s, self.v = Scalars(code), Vectors(code, dtype)
        self.width = tile.columns * self.v.lanes
        self.height = VECTORS // tile.columns
        self.panel = code.slot(self.v.type, VECTORS + self.v.lanes * tile.columns)
        given = code.function.args
        self.to, self.a, self.b = given[0], given[2], given[4]
        self.to_pitch, self.a_pitch, self.b_pitch = (self.s.i64(given[i]) for i in (1, 3, 5))
        self.rows, self.columns, self.terms = (self.s.i64(given[i]) for i in (6, 7, 8))
        self.adds = given[9]

    def write(self) -> None:
        s = self.s
        parts = _ceil(s, self.terms, self.height)
        height = s.quotient(s.add(self.terms, s.sub(parts, 1)), parts)
        with counted_loop(s, parts) as part:
            first = s.mul(part, height)
            count = s.sub(self.terms, first)
            count = s.select(s.lt(count, height), count, height)
            keeps = self.code.b.or_(self.adds, s.gt(part, 0).value)
            with counted_loop(s, _ceil(s, self.columns, self.width)) as block:
                column = s.mul(block, self.width)
                (self._pack_turned if self.right_turned else self._pack)(first, count, column)
                row_blocks = _ceil(s, self.rows, self.tile.rows)
                ahead = s.quotient(s.add(count, s.sub(row_blocks, 1)), row_blocks)
                with counted_loop(s, row_blocks) as row_block:
                    if not self.right_turned:
                        with counted_loop(s, ahead) as i:
                            k = s.add(first, s.add(s.mul(row_block, ahead), i))
                            self._fetch(s.add(s.mul(k, self.b_pitch), s.add(column, self.width)))
                    self._tile(s.mul(row_block, self.tile.rows), column, first, count, keeps)

    def _at(self, place: ir.Value, index: Size) -> ir.Value:
        return self.code.offset(place, self.s.size(index), self.v.element)

    def _masks(self, column: Size) -> list[ir.Value]:
        """For each vector from a column on, which lanes are columns."""
        left = self.s.sub(self.columns, column)
        return [self.v.first(self.s.scalar(self.s.sub(left, j * self.v.lanes))) for j in range(self.tile.columns)]

    def _pack(self, first: Size, count: Size, column: Size) -> None:
        s, masks = self.s, self._masks(column)
        with counted_loop(s, count) as k:
            row = self._at(self.b, s.add(s.mul(s.add(first, k), self.b_pitch), column))
            to = self._at(self.panel, s.mul(k, self.width))
            for j, mask in enumerate(masks):
                self.v.store(self.v.load(self._at(row, j * self.v.lanes), mask), self._at(to, j * self.v.lanes), None)

    def _pack_turned(self, first: Size, count: Size, column: Size) -> None:
        """Square by square. Beyond the last column that one is read again, beyond the last term nothing is used."""
        s, lanes = self.s, self.v.lanes
        last = s.sub(self.columns, 1)
        with counted_loop(s, _ceil(s, count, lanes)) as square, counted_loop(s, self.tile.columns) as j:
            k = s.mul(square, lanes)
            mask = self.v.first(s.scalar(s.sub(count, k)))
            rows: list[ir.Value] = []
            for lane in range(lanes):
                number = s.add(s.add(column, s.mul(j, lanes)), lane)
                number = s.select(s.lt(number, last), number, last)
                place = self._at(self.b, s.add(s.mul(number, self.b_pitch), s.add(first, k)))
                rows.append(self.v.load(place, mask))
            for lane, turned in enumerate(self.v.turned(rows)):
                to = s.add(s.mul(s.add(k, lane), self.width), s.mul(j, lanes))
                self.v.store(turned, self._at(self.panel, to), None)

    def _fetch(self, index: Size) -> None:
        """Have a row of the panel that comes next brought to the second-level cache."""
        fetch = self.code.unit.external("llvm.prefetch.p0", VOID, [PTR, I32, I32, I32])
        for j in range(self.tile.columns):
            place = self._at(self.b, self.s.add(index, j * self.v.lanes))
            self.code.b.call(fetch, [place, I32(0), I32(2), I32(1)])

    def _tile(self, row: Size, column: Size, first: Size, count: Size, keeps: ir.Value) -> None:
        """The last rows are computed with some before them, which are not stored."""
        s, v, tile = self.s, self.v, self.tile
        limit = s.sub(self.rows, tile.rows)
        start = s.select(s.lt(row, limit), row, limit)
        done = s.sub(row, start)
        total = SumsInRegisters(v, tile.rows, tile.columns)
        with counted_loop(s, count) as k:
            right = self._at(self.panel, s.mul(k, self.width))
            vectors = [v.load(self._at(right, j * v.lanes), None) for j in range(tile.columns)]
            for i in range(tile.rows):
                place = self._left(s.add(start, i), s.add(first, k))
                factor = v.splat(self.code.b.load(place, align=v.bytes, typ=v.element))
                for j, vector in enumerate(vectors):
                    total.add(i, j, factor, vector)
        masks, none = self._masks(column), make.Constant(make.VectorType(I1, v.lanes), None)
        for i in range(tile.rows):
            is_new = s.ge(i, done).value
            place = self._at(self.to, s.add(s.mul(s.add(start, i), self.to_pitch), column))
            for j, mask in enumerate(masks):
                stored = self.code.b.select(is_new, mask, none)
                before = v.load(self._at(place, j * v.lanes), self.code.b.select(keeps, stored, none))
                v.store(v.plus(total.get(i, j), before), self._at(place, j * v.lanes), stored)

    def _left(self, row: Size, k: Size) -> ir.Value:
        s = self.s
        index = s.add(s.mul(k, self.a_pitch), row) if self.left_turned else s.add(s.mul(row, self.a_pitch), k)
        return self._at(self.a, index)


def _ceil(s: Scalars, count: Size, block: int) -> Any:
    return s.quotient(s.add(count, block - 1), block)
