"""Matrix products: by BLAS, small ones in place, large ones by panels.

BLAS has columns first; a matrix in C order is the transpose of what it sees. So `C = A B` is asked for as
`C' = B' A'`, and a transposed operand costs nothing either way.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from graph.aval import Dim
from graph.dtypes import DType, complex64, complex128, float32, float64
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.expressions import Source, Transposed, linear, load_element, store_element
from graph.llvm.fortran import character, integer
from graph.llvm.loop_code import StackVariable
from graph.llvm.loop_nest import counted_loop, is_empty, nest, product, shared_nest
from graph.llvm.panel_products import USUAL_ROWS, least_rows, panel_tile, panels
from graph.llvm.parallel import CHUNK, shared_range
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.tiles import Tile
from graph.llvm.types import I1, I8, PTR, VOID, register_type
from graph.llvm.values import Registers, Tensor
from graph.llvm.vectors import lanes_of
from graph.llvm.writer import Handler, Writer

_LETTERS: Final[dict[DType, str]] = {float32: "s", float64: "d", complex64: "c", complex128: "z"}
IN_REGISTERS: Final = 256
"""So many multiplications are written one by one, where the operands are registers."""
IN_LOOPS: Final = 2048
"""So many are faster in loops of ours than by a call of BLAS."""
PART: Final = 16_000_000
"""A large product is cut into parts of at least so many multiplications, times the bytes of an element: some 80
microseconds."""
PART_BY_PANELS: Final = PART // 4
"""Some 15 microseconds: cutting costs nothing there, and a thread that wakes up late still finds work."""
WIDTH: Final = 32
"""Parts are so many rows or columns, or a multiple of it: what the kernels of libraries do at once."""
SPEED: Final = 200.0
"""Multiplications in a nanosecond, times the bytes of an element, roughly."""


@dataclass(slots=True)
class _Matrices:
    """An operand as matrices in memory: those of its batch lie one after the other."""

    data: ir.Value
    is_transposed: bool
    rows: Size
    columns: Size
    batch: tuple[Size, ...] = ()
    batch_dims: tuple[Dim, ...] = ()
    lead: Size | None = None
    """How far apart its rows begin in memory (its columns, where it is transposed); None where they lie together."""

    @property
    def step(self) -> Size:
        """`lead`, known."""
        if self.lead is not None:
            return self.lead
        return self.rows if self.is_transposed else self.columns


def write_matmul(w: Writer, op: Op, form: Lowering) -> None:
    """`matmul` as NumPy has it: vectors and batches too."""
    s, (result,) = w.s, op.results
    left, right = (w.source(v) for v in op.operands)
    found = _checked(w, op, left, right, True)
    if (
        isinstance(left, Registers)
        and isinstance(right, Registers)
        and isinstance(found.multiplications, int)
        and found.multiplications <= IN_REGISTERS
        and not found.batch
    ):
        w.define(result, _unrolled(s, left, right, result.aval))
        return
    known = zip(result.shape, found.sizes, strict=True)
    sizes = tuple(d if isinstance(d, int) else n for d, n in known)
    a, c = _matrices(w, left, is_left=True), _matrices(w, right, is_left=False)
    made = w.new_result(result, sizes)
    if not is_empty(sizes):
        _Product(w, result.dtype, found, adds=False).write(a, c, made.data, result.shape)
    w.define(result, made)


def write_add_matmul(w: Writer, op: Op, form: Lowering) -> None:
    """`total + x @ y`, in the memory of `total` where nobody else needs it."""
    s, (result,) = w.s, op.results
    total, left, right = (w.source(v) for v in op.operands)
    ok: Any = True
    for size, wanted in zip(total.sizes, (left.sizes[0], right.sizes[1]), strict=True):
        ok = s.bit_and(ok, s.eq(size, wanted))
    found = _checked(w, op, left, right, ok)
    a, c = _matrices(w, left, is_left=True), _matrices(w, right, is_left=False)
    if isinstance(total, Registers):
        made = w.new_result(result, total.sizes)
        for i, element in enumerate(total.elements):
            store_element(s, made.data, i, element)
    else:
        held = w.consume(op.operands[0])
        assert isinstance(held, Tensor)
        made = w.own.writable(held)
    if not is_empty((*total.sizes, left.sizes[1])):
        _Product(w, result.dtype, found, adds=True).write(a, c, made.data, result.shape)
    w.define(result, made)


@dataclass(slots=True)
class _Sizes:
    """The sizes of a product: those of its batch, of the whole result; and how many multiplications it takes."""

    batch: tuple[Size, ...]
    sizes: tuple[Size, ...]
    multiplications: Size


def _checked(w: Writer, op: Op, left: Source, right: Source, ok: Any) -> _Sizes:
    """The sizes of a product. Where they do not fit at run time, or `ok` is false, the op fails."""
    s = w.s
    inner = left.sizes[-1], right.sizes[-2:][0]
    if left.type.shape[-1] != right.type.shape[-2:][0]:
        ok = s.bit_and(ok, s.eq(*inner))
    rows = left.sizes[-2:-1]
    columns = right.sizes[-1:] if right.type.ndim > 1 else ()
    batch, ok = _batch(s, left, right, op.results[0].shape, ok)
    if isinstance(ok, Scalar):
        w.code.fail_unless(ok.value, w.fail(op))
    return _Sizes(batch, (*batch, *rows, *columns), product(s, (*batch, *rows, *columns, inner[0])))


class _Product:
    """Writes a product to memory, or adds it to what is there."""

    def __init__(self, w: Writer, dtype: DType, found: _Sizes, *, adds: bool) -> None:
        self.w, self.dtype, self.batch, self.adds = w, dtype, found.batch, adds
        count = found.multiplications
        self.in_loops = dtype not in _LETTERS or (isinstance(count, int) and count <= IN_LOOPS)

    def write(self, a: _Matrices, c: _Matrices, to: ir.Value, shape: Sequence[Dim]) -> None:
        s = self.w.s
        if not c.batch and not a.is_transposed:
            whole = _Matrices(a.data, False, product(s, (*a.batch, a.rows)), a.columns)
            self.multiply(whole, c, to)
        else:
            _batched(self, a, c, to, shape)

    def multiply(self, a: _Matrices, c: _Matrices, to: ir.Value) -> None:
        """One product of two matrices. A large one is by panels, if the number of rows decides, when the code runs."""
        w, s = self.w, self.w.s
        if self.in_loops:
            _by_loops(w, self.dtype, a, c, to, self.adds)
            return
        n, k = c.columns, a.columns
        if not isinstance(n, int) or not isinstance(k, int):
            self._shared(a, c, to, None)
            return
        least = least_rows(n, k, right_turned=c.is_transposed)
        rows = a.rows if isinstance(a.rows, int) else max(least, USUAL_ROWS)
        tile = panel_tile(w.code.unit, self.dtype, rows, n) if rows >= least else None
        if tile is None or isinstance(a.rows, int):
            self._shared(a, c, to, tile)
            return
        is_large = s.ge(a.rows, least).value
        with w.code.when(is_large):
            self._shared(a, c, to, tile)
        with w.code.when(w.code.b.not_(is_large)):
            self._shared(a, c, to, None)

    def _shared(self, a: _Matrices, c: _Matrices, to: ir.Value, tile: Tile | None) -> None:
        """By panels, or without a tile by BLAS; cut along the longer side into parts that threads share."""
        w, s = self.w, self.w.s
        m, n, k = a.rows, c.columns, a.columns
        by_rows = not isinstance(m, int) or (isinstance(n, int) and m >= n)
        across = n if by_rows else m
        if not isinstance(k, int) or not isinstance(across, int) or across == 1:
            self._part(a, c, to, n, tile)
            return
        part, width = PART, WIDTH
        if tile is not None:
            part, width = PART_BY_PANELS, tile.columns * lanes_of(w.code.unit, self.dtype)
        least = max(part // max(k * across * self.dtype.itemsize, 1), 1)
        with shared_range(s, m if by_rows else n, least, width) as (first, last):
            length = s.sub(last, first)
            if by_rows:
                data = _offset(w, a.data, first if a.is_transposed else s.mul(first, a.step), self.dtype)
                part = dataclasses.replace(a, data=data, rows=length, lead=a.step)
                self._part(part, c, _offset(w, to, s.mul(first, n), self.dtype), n, tile)
            else:
                data = _offset(w, c.data, s.mul(first, c.step) if c.is_transposed else first, self.dtype)
                part = dataclasses.replace(c, data=data, columns=length, lead=c.step)
                self._part(a, part, _offset(w, to, first, self.dtype), n, tile)

    def _part(self, a: _Matrices, c: _Matrices, to: ir.Value, step: Size, tile: Tile | None) -> None:
        """A product whose rows begin `step` elements apart."""
        if tile is not None:
            _by_panels(self.w, self.dtype, tile, a, c, to, step, self.adds)
            return
        _by_blas(self.w, self.dtype, a, c, to, step, self.adds)


def _batch(s: Scalars, left: Source, right: Source, shape: Sequence[Dim], ok: Any) -> tuple[tuple[Size, ...], Any]:
    """The sizes of the batch, which broadcast, and whether they do."""
    a, c = (list(zip(x.type.shape[:-2], x.sizes[:-2], strict=True)) for x in (left, right))
    count = max(len(a), len(c))
    a, c = ([(1, 1)] * (count - len(x)) + x for x in (a, c))
    sizes: list[Size] = []
    for (p, m), (q, n) in zip(a, c, strict=True):
        if p == q or q == 1:
            sizes.append(m)
        elif p == 1:
            sizes.append(n)
        else:
            size = s.select(s.eq(m, 1), n, m)
            ok = s.bit_and(ok, s.bit_and(s.bit_or(s.eq(m, 1), s.eq(m, size)), s.bit_or(s.eq(n, 1), s.eq(n, size))))
            sizes.append(size)
    return tuple(sizes), ok


def _matrices(w: Writer, x: Source, *, is_left: bool) -> _Matrices:
    """An operand in memory; a transposition of it is left to BLAS. A vector is a row on the left, else a column."""
    rows, columns = (x.sizes[-2], x.sizes[-1]) if x.type.ndim > 1 else ((1, x.sizes[0]) if is_left else (x.sizes[0], 1))
    batch, dims = tuple(x.sizes[:-2]), tuple(x.type.shape[:-2])
    if isinstance(x, Tensor) and isinstance(x.node, Transposed):
        n = x.type.ndim
        if x.node.order == (*range(n - 2), n - 1, n - 2):
            (source,) = x.node.sources
            return _Matrices(w.address(source), True, rows, columns, batch, dims)
    return _Matrices(w.address(x), False, rows, columns, batch, dims)


def _unrolled(s: Scalars, left: Registers, right: Registers, t: Any) -> Registers:
    k = left.sizes[-1]
    m = left.sizes[-2] if left.type.ndim > 1 else 1
    n = right.sizes[-1] if right.type.ndim > 1 else 1
    made: list[Scalar] = []
    assert isinstance(k, int)
    assert isinstance(m, int)
    assert isinstance(n, int)
    for i in range(m):
        for j in range(n):
            total = None
            for p in range(k):
                term = _product(s, left.elements[i * k + p], right.elements[p * n + j])
                total = term if total is None else s.add(total, term)
            made.append(s.const(0, t.dtype) if total is None else s.convert(total, t.dtype))
    return Registers(t, tuple(made))


def _product(s: Scalars, x: Scalar, y: Scalar) -> Scalar:
    """Of 16-bit floats, in float32."""
    if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
        x, y = s.convert(x, float32), s.convert(y, float32)
    return s.mul(x, y)


def _batched(made: _Product, a: _Matrices, c: _Matrices, to: ir.Value, shape: Sequence[Dim]) -> None:
    """One product for each place of the batch."""
    w, dtype, batch = made.w, made.dtype, made.batch
    s = w.s
    unit = a.rows, a.columns, c.columns
    is_known = all(isinstance(n, int) for n in unit)
    time = math.prod(cast("tuple[int, ...]", unit)) * dtype.itemsize / SPEED if is_known else CHUNK
    with shared_nest(s, batch, time) as index:
        parts: list[_Matrices] = []
        for x in (a, c):
            own = index[len(index) - len(x.batch) :]
            dims = shape[len(batch) - len(x.batch) : len(batch)]
            at = linear(s, [_place(s, *item) for item in zip(own, x.batch, x.batch_dims, dims, strict=True)], x.batch)
            data = _offset(w, x.data, s.mul(at, s.mul(x.rows, x.columns)), dtype)
            parts.append(_Matrices(data, x.is_transposed, x.rows, x.columns))
        at = s.mul(linear(s, index, batch), s.mul(a.rows, c.columns))
        made.multiply(parts[0], parts[1], _offset(w, to, at, dtype))


def _place(s: Scalars, i: Size, size: Size, dim: Dim, wanted: Dim) -> Size:
    if dim == wanted:
        return i
    return 0 if dim == 1 else s.select(s.eq(size, 1), 0, i)


def _offset(w: Writer, data: ir.Value, elements: Size, dtype: DType) -> ir.Value:
    count = w.s.mul(elements, dtype.itemsize)
    return w.code.offset(data, count if isinstance(count, int) else count.value, I8)


def _by_loops(w: Writer, dtype: DType, a: _Matrices, c: _Matrices, to: ir.Value, adds: bool) -> None:
    """Row by row: each row of the left operand times the matrix on the right."""
    s = w.s
    wide = float32 if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype

    def at(x: _Matrices, i: Size, j: Size) -> Scalar:
        place = s.add(s.mul(j, x.rows), i) if x.is_transposed else s.add(s.mul(i, x.columns), j)
        return s.convert(load_element(s, x.data, dtype, place), wide)

    with nest(s, (a.rows, c.columns)) as (i, j):
        place = s.add(s.mul(i, c.columns), j)
        total = StackVariable(s, s.const(0, wide))
        with counted_loop(s, a.columns) as k:
            total.set(s.accumulate(total.get(), s.mul(at(a, i, k), at(c, k, j))))
        made = s.convert(total.get(), dtype)
        store_element(s, to, place, s.add(load_element(s, to, dtype, place), made) if adds else made)


def _by_blas(w: Writer, dtype: DType, a: _Matrices, c: _Matrices, to: ir.Value, step: Size, adds: bool) -> None:
    """`gemm`, or `gemv` where an operand is a vector. The rows of the result begin `step` elements apart."""
    code = w.code
    letter = _LETTERS[dtype]
    one = _number(w, 1.0, dtype)
    rest = one if adds else _number(w, 0.0, dtype)
    m, n, k = a.rows, c.columns, a.columns
    if not isinstance(k, int) and not adds:  # for nothing to sum `gemv` writes nothing
        code.zero_bytes(to, w.s.size(w.s.mul(w.s.mul(m, n), dtype.itemsize)))
    if _is_one(m):
        matrix, vector = c, a
        seen = (k, n) if matrix.is_transposed else (n, k)
        flag = "T" if matrix.is_transposed else "N"
    elif _is_one(n):
        matrix, vector = a, c
        seen = (m, k) if matrix.is_transposed else (k, m)
        flag = "N" if matrix.is_transposed else "T"
    else:
        function = code.unit.external(f"dy_blas_{letter}gemm", VOID, [PTR] * 13)
        flags = [character(w.s, "T" if x.is_transposed else "N") for x in (c, a)]
        lead_c, lead_a = (_lead(w, x.step) for x in (c, a))
        sizes = [integer(w.s, x) for x in (n, m, k)]
        code.b.call(function, [*flags, *sizes, one, c.data, lead_c, a.data, lead_a, rest, to, _lead(w, step)])
        return
    function = code.unit.external(f"dy_blas_{letter}gemv", VOID, [PTR] * 11)
    one_apart = integer(w.s, 1)
    sizes = [integer(w.s, x) for x in seen]
    code.b.call(
        function,
        [
            *(character(w.s, flag), *sizes, one, matrix.data, _lead(w, seen[0])),
            *(vector.data, one_apart, rest, to, one_apart),
        ],
    )


def _by_panels(
    w: Writer, dtype: DType, tile: Tile, a: _Matrices, c: _Matrices, to: ir.Value, step: Size, adds: bool
) -> None:
    """The rows of the result begin `step` elements apart."""
    function = panels(w.code.unit, dtype, tile, left_turned=a.is_transposed, right_turned=c.is_transposed)
    pitch, pitch_a, pitch_c = (w.s.size(x) for x in (step, a.step, c.step))
    sizes = [w.s.size(x) for x in (a.rows, c.columns, a.columns)]
    w.code.b.call(function, [to, pitch, a.data, pitch_a, c.data, pitch_c, *sizes, I1(int(adds))])


def _is_one(size: Size) -> bool:
    return isinstance(size, int) and size == 1


def _number(w: Writer, value: float, dtype: DType) -> ir.Value:
    place = w.code.slot(register_type(dtype), 2 if dtype.kind == "c" else 1)
    store_element(w.s, place, 0, w.s.const(value, dtype))
    return place


def _lead(w: Writer, size: Size) -> ir.Value:
    """The distance of columns, which BLAS wants to be 1 at least."""
    return integer(w.s, max(size, 1) if isinstance(size, int) else w.s.select(w.s.gt(size, 1), size, 1))


BUILT_IN: Mapping[str, Handler] = {"matmul": write_matmul, "add_matmul": write_add_matmul}
