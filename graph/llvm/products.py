"""Matrix products: by BLAS, small ones in place.

BLAS has columns first; a matrix in C order is the transpose of what it sees. So `C = A B` is asked for as
`C' = B' A'`, and a transposed operand costs nothing either way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graph.aval import Dim
from graph.dtypes import DType, complex64, complex128, float32, float64
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.expressions import Source, Transposed, linear, load_element, store_element
from graph.llvm.loop_code import StackVariable
from graph.llvm.loop_nest import counted_loop, is_empty, nest, product
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import I8, I32, PTR, VOID, register_type
from graph.llvm.values import Registers, Tensor
from graph.llvm.writer import Handler, Writer

_LETTERS: Final[dict[DType, str]] = {float32: "s", float64: "d", complex64: "c", complex128: "z"}
IN_REGISTERS: Final = 256
"""So many multiplications are written one by one, where the operands are registers."""
IN_LOOPS: Final = 2048
"""So many are faster in loops of ours than by a call of BLAS."""


@dataclass(slots=True)
class _Matrices:
    """An operand as matrices in memory: those of its batch lie one after the other."""

    data: ir.Value
    is_transposed: bool
    rows: Size
    columns: Size
    batch: tuple[Size, ...]
    batch_dims: tuple[Dim, ...]


def write_matmul(w: Writer, op: Op, form: Lowering) -> None:
    """`matmul` as NumPy has it: vectors and batches too."""
    s, (result,) = w.s, op.results
    left, right = (w.source(v) for v in op.operands)
    inner = left.sizes[-1], right.sizes[-2:][0]
    ok = True if left.type.shape[-1] == right.type.shape[-2:][0] else s.eq(*inner)
    rows = left.sizes[-2:-1]
    columns = right.sizes[-1:] if right.type.ndim > 1 else ()
    batch, ok = _batch(s, left, right, result.shape, ok)
    if isinstance(ok, Scalar):
        w.code.fail_unless(ok.value, w.fail(op))
    count = product(s, (*batch, *rows, *columns, inner[0]))
    if (
        isinstance(left, Registers)
        and isinstance(right, Registers)
        and isinstance(count, int)
        and count <= IN_REGISTERS
        and not batch
    ):
        w.define(result, _unrolled(s, left, right, result.aval))
        return
    a, c = _matrices(w, left, is_left=True), _matrices(w, right, is_left=False)
    sizes = tuple(d if isinstance(d, int) else n for d, n in zip(result.shape, (*batch, *rows, *columns), strict=True))
    made = w.new_result(result, sizes)
    if not is_empty(sizes):
        in_loops = result.dtype not in _LETTERS or (isinstance(count, int) and count <= IN_LOOPS)
        multiply = _by_loops if in_loops else _by_blas
        if not c.batch and not a.is_transposed:
            whole = _Matrices(a.data, False, product(s, (*a.batch, a.rows)), a.columns, (), ())
            multiply(w, result.dtype, whole, c, made.data)
        else:
            _batched(w, multiply, result.dtype, a, c, made.data, batch, result.shape)
    w.define(result, made)


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


def _batched(
    w: Writer,
    multiply: Any,
    dtype: DType,
    a: _Matrices,
    c: _Matrices,
    to: ir.Value,
    batch: tuple[Size, ...],
    shape: Sequence[Dim],
) -> None:
    """One product for each place of the batch."""
    s = w.s
    with nest(s, batch) as index:
        parts: list[_Matrices] = []
        for x in (a, c):
            own = index[len(index) - len(x.batch) :]
            dims = shape[len(batch) - len(x.batch) : len(batch)]
            at = linear(s, [_place(s, *item) for item in zip(own, x.batch, x.batch_dims, dims, strict=True)], x.batch)
            data = _offset(w, x.data, s.mul(at, s.mul(x.rows, x.columns)), dtype)
            parts.append(_Matrices(data, x.is_transposed, x.rows, x.columns, (), ()))
        at = s.mul(linear(s, index, batch), s.mul(a.rows, c.columns))
        multiply(w, dtype, *parts, _offset(w, to, at, dtype))


def _place(s: Scalars, i: Size, size: Size, dim: Dim, wanted: Dim) -> Size:
    if dim == wanted:
        return i
    return 0 if dim == 1 else s.select(s.eq(size, 1), 0, i)


def _offset(w: Writer, data: ir.Value, elements: Size, dtype: DType) -> ir.Value:
    count = w.s.mul(elements, dtype.itemsize)
    return w.code.offset(data, count if isinstance(count, int) else count.value, I8)


def _by_loops(w: Writer, dtype: DType, a: _Matrices, c: _Matrices, to: ir.Value) -> None:
    """Row by row: each row of the left operand times the matrix on the right."""
    s = w.s
    wide = float32 if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype

    def at(x: _Matrices, i: Size, j: Size) -> Scalar:
        place = s.add(s.mul(j, x.rows), i) if x.is_transposed else s.add(s.mul(i, x.columns), j)
        return s.convert(load_element(s, x.data, dtype, place), wide)

    with nest(s, (a.rows, c.columns)) as (i, j):
        total = StackVariable(s, s.const(0, wide))
        with counted_loop(s, a.columns) as k:
            total.set(s.accumulate(total.get(), s.mul(at(a, i, k), at(c, k, j))))
        place = s.add(s.mul(i, c.columns), j)
        store_element(s, to, place, s.convert(total.get(), dtype))


def _by_blas(w: Writer, dtype: DType, a: _Matrices, c: _Matrices, to: ir.Value) -> None:
    """`gemm`, or `gemv` where an operand is a vector."""
    code = w.code
    letter = _LETTERS[dtype]
    one, zero = _number(w, 1.0, dtype), _number(w, 0.0, dtype)
    m, n, k = a.rows, c.columns, a.columns
    if not isinstance(k, int):  # for nothing to sum `gemv` writes nothing
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
        flags = [_letter(w, "T" if x.is_transposed else "N") for x in (c, a)]
        lead_c, lead_a = (_lead(w, x.rows if x.is_transposed else x.columns) for x in (c, a))
        sizes = [_integer(w, x) for x in (n, m, k)]
        code.b.call(function, [*flags, *sizes, one, c.data, lead_c, a.data, lead_a, zero, to, _lead(w, n)])
        return
    function = code.unit.external(f"dy_blas_{letter}gemv", VOID, [PTR] * 11)
    step = _integer(w, 1)
    sizes = [_integer(w, x) for x in seen]
    code.b.call(
        function,
        [_letter(w, flag), *sizes, one, matrix.data, _lead(w, seen[0]), vector.data, step, zero, to, step],
    )


def _is_one(size: Size) -> bool:
    return isinstance(size, int) and size == 1


def _number(w: Writer, value: float, dtype: DType) -> ir.Value:
    place = w.code.slot(register_type(dtype), 2 if dtype.kind == "c" else 1)
    store_element(w.s, place, 0, w.s.const(value, dtype))
    return place


def _integer(w: Writer, size: Size) -> ir.Value:
    place = w.code.slot(I32)
    w.code.b.store(w.code.b.trunc(w.s.size(size), I32), place)
    return place


def _lead(w: Writer, size: Size) -> ir.Value:
    """The distance of columns, which BLAS wants to be 1 at least."""
    return _integer(w, max(size, 1) if isinstance(size, int) else w.s.select(w.s.gt(size, 1), size, 1))


def _letter(w: Writer, letter: str) -> ir.Value:
    place = w.code.slot(I8)
    w.code.b.store(I8(ord(letter)), place)
    return place


BUILT_IN: Mapping[str, Handler] = {"matmul": write_matmul}
