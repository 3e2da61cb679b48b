"""Matrices of a few rows in registers: no call, no memory, no branch. Batches of them are loops that vectorise.

Elimination takes the largest element of a column as pivot, as LAPACK does: by |re| + |im| where it is complex.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from graph.ir.lowering import LoopEmitter, Scalar, ScalarEmitter, Sizes
from graph.ops.index_lowering import each

SMALL: Final = 4
"""Matrices of so many rows at most."""
Matrix = list[list[Scalar]]


def is_small(e: LoopEmitter, x: Any) -> bool:
    """Whether `x` is square matrices that are small for certain."""
    rows, columns = e.sizes(x)[-2:]
    return isinstance(rows, int) and rows == columns and 0 < rows <= SMALL


def matrix_at(e: LoopEmitter, x: Any, at: Sizes) -> Matrix:
    """The elements of one matrix."""
    rows, columns = e.sizes(x)[-2:]
    return [[e.load(x, (*at, i, j)) for j in range(columns)] for i in range(rows)]


def store_matrix(e: LoopEmitter, y: Any, at: Sizes, matrix: Matrix) -> None:
    for i, row in enumerate(matrix):
        for j, element in enumerate(row):
            e.store(y, (*at, i, j), element)


def size_of(s: ScalarEmitter, x: Scalar) -> Scalar:
    """What pivots are compared by."""
    if x.dtype.kind != "c":
        return s.math("fabs", x)
    return s.add(s.math("fabs", s.real(x)), s.math("fabs", s.imag(x)))


@dataclass(frozen=True, slots=True)
class Factors:
    """p x = l u: below the diagonal of `rows` is l, whose diagonal is ones, and the rest is u."""

    e: LoopEmitter
    rows: Matrix
    swaps: tuple[tuple[int, int, Scalar], ...]
    """Rows that were exchanged where a bool is true, one pair after the other."""

    @staticmethod
    def of(e: LoopEmitter, x: Matrix) -> "Factors":
        rows, swaps = [list(row) for row in x], list[tuple[int, int, Scalar]]()
        n = len(rows)
        for k in range(n):
            for i in range(k + 1, n):
                swap = e.gt(size_of(e, rows[i][k]), size_of(e, rows[k][k]))
                swaps.append((k, i, swap))
                _exchange(e, rows, k, i, swap)
            pivot = rows[k][k]
            is_zero = e.eq(pivot, 0)
            divisor = e.select(is_zero, e.const(1, pivot.dtype), pivot)
            for i in range(k + 1, n):
                rows[i][k] = e.div(rows[i][k], divisor)
                for j in range(k + 1, n):
                    rows[i][j] = e.sub(rows[i][j], e.mul(rows[i][k], rows[k][j]))
        return Factors(e, rows, tuple(swaps))

    @property
    def diagonal(self) -> list[Scalar]:
        return [row[k] for k, row in enumerate(self.rows)]

    def is_regular(self) -> Scalar:
        """Whether all pivots are numbers other than zero."""
        e, ok = self.e, True
        for pivot in self.diagonal:
            size = size_of(e, pivot)
            ok = e.bit_and(ok, e.bit_and(e.gt(size, 0), e.lt(size, math.inf)))
        return ok

    def is_odd(self) -> Scalar:
        """Whether rows were exchanged an odd number of times."""
        odd: Scalar = False
        for _, _, swap in self.swaps:
            odd = self.e.bit_xor(odd, swap)
        return odd

    def solve(self, column: Sequence[Scalar]) -> list[Scalar]:
        """x^-1 times a column; anything where a pivot is zero."""
        e, n = self.e, len(self.rows)
        y = [[element] for element in column]
        for k, i, swap in self.swaps:
            _exchange(e, y, k, i, swap)
        found = [element for (element,) in y]
        for i in range(n):
            for j in range(i):
                found[i] = e.sub(found[i], e.mul(self.rows[i][j], found[j]))
        for i in reversed(range(n)):
            for j in range(i + 1, n):
                found[i] = e.sub(found[i], e.mul(self.rows[i][j], found[j]))
            found[i] = e.div(found[i], self.rows[i][i])
        return found


def _exchange(s: ScalarEmitter, rows: Matrix, k: int, i: int, swap: Scalar) -> None:
    for j, (p, q) in enumerate(zip(rows[k], rows[i], strict=True)):
        rows[k][j], rows[i][j] = s.select(swap, q, p), s.select(swap, p, q)


def inv(e: LoopEmitter, x: Any) -> Any:
    sizes = e.sizes(x)
    n, dtype = sizes[-1], e.dtype(x)
    y, ok = e.buffer(dtype, sizes), e.variable(True)
    zero, one = (e.const(v, dtype) for v in (0, 1))
    with each(e, sizes[:-2], parallel=True) as at:
        factors = Factors.of(e, matrix_at(e, x, at))
        ok.set(e.bit_and(ok.get(), factors.is_regular()))
        columns = [factors.solve([one if i == j else zero for i in range(n)]) for j in range(n)]
        store_matrix(e, y, at, [list(row) for row in zip(*columns, strict=True)])
    e.check_or_run(ok.get(), [y])
    return y


def cofactor(e: LoopEmitter, x: Any) -> Any:
    """Minors as they are written; numbers that are none are left to the kernel, which refuses NaN."""
    sizes = e.sizes(x)
    n = sizes[-1]
    y, ok = e.buffer(e.dtype(x), sizes), e.variable(True)
    with each(e, sizes[:-2], parallel=True) as at:
        rows = matrix_at(e, x, at)
        for row in rows:
            for element in row:
                ok.set(e.bit_and(ok.get(), _is_finite(e, element)))
        made: Matrix = []
        for i in range(n):
            others = [k for k in range(n) if k != i]
            minors = [_minor(e, rows, others, [k for k in range(n) if k != j]) for j in range(n)]
            made.append([e.neg(m) if (i + j) % 2 else m for j, m in enumerate(minors)])
        store_matrix(e, y, at, made)
    e.check_or_run(ok.get(), [y])
    return y


def _is_finite(s: ScalarEmitter, x: Scalar) -> Scalar:
    zero = s.sub(x, x)
    return s.eq(zero, zero)


def _minor(s: ScalarEmitter, x: Matrix, rows: Sequence[int], columns: Sequence[int]) -> Scalar:
    """The determinant of some rows and columns."""
    if not rows:
        return s.const(1, x[0][0].dtype)
    total: Scalar = None
    for k, j in enumerate(columns):
        rest = [c for c in columns if c != j]
        element = x[rows[0]][j]
        term = s.mul(element, _minor(s, x, rows[1:], rest)) if rest else element
        total = term if total is None else s.sub(total, term) if k % 2 else s.add(total, term)
    return total


def cholesky(e: LoopEmitter, x: Any, *, upper: bool) -> Any:
    sizes = e.sizes(x)
    n, dtype = sizes[-1], e.dtype(x)
    y, ok = e.buffer(dtype, sizes), e.variable(True)
    with each(e, sizes[:-2], parallel=True) as at:
        a = hermitian(e, matrix_at(e, x, at))
        lower: Matrix = [[e.const(0, dtype) for _ in range(n)] for _ in range(n)]
        for j in range(n):
            rest = e.real(a[j][j])
            for k in range(j):
                part = lower[j][k]
                rest = e.sub(rest, e.real(e.mul(part, conj(e, part))))
            ok.set(e.bit_and(ok.get(), e.gt(rest, 0)))
            root = e.math("sqrt", rest)
            lower[j][j] = e.convert(root, dtype)
            for i in range(j + 1, n):
                element = a[i][j]
                for k in range(j):
                    element = e.sub(element, e.mul(lower[i][k], conj(e, lower[j][k])))
                lower[i][j] = e.div(element, lower[j][j])
        flipped = [[conj(e, lower[j][i]) for j in range(n)] for i in range(n)]
        store_matrix(e, y, at, flipped if upper else lower)
    e.check_or_run(ok.get(), [y])
    return y


def conj(s: ScalarEmitter, x: Scalar) -> Scalar:
    """The conjugate of an element."""
    return s.complex(s.real(x), s.neg(s.imag(x))) if x.dtype.kind == "c" else x


def hermitian(s: ScalarEmitter, x: Matrix) -> Matrix:
    """(x + x^H) / 2."""
    n = len(x)
    return [[hermitian_element(s, x[i][j], x[j][i]) for j in range(n)] for i in range(n)]


def hermitian_element(s: ScalarEmitter, x: Scalar, mirrored: Scalar) -> Scalar:
    """Of (x + x^H) / 2."""
    total = s.add(x, conj(s, mirrored))
    if x.dtype.kind != "c":
        return s.mul(total, 0.5)
    return s.complex(s.mul(s.real(total), 0.5), s.mul(s.imag(total), 0.5))
