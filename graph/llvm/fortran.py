"""Calls of BLAS and LAPACK, which are Fortran's: every argument is the address of something."""

import sys
from collections.abc import Sequence

from graph.dtypes import DType, float64
from graph.llvm import ir
from graph.llvm.expressions import store_element
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import I8, I32, I64, PTR, VOID, register_type


def integer(s: Scalars, size: Size) -> ir.Value:
    """The place of an integer, of 64 bits for libraries that read so many; others find 32 there."""
    value = s.size(size)
    wide = value if sys.byteorder == "little" else s.code.b.trunc(value, I32)
    place = s.code.slot(wide.type)
    s.code.b.store(wide, place)
    return place


def character(s: Scalars, text: str) -> ir.Value:
    """The place of a letter."""
    place = s.code.slot(I8)
    s.code.b.store(I8(ord(text)), place)
    return place


def call_lapack(s: Scalars, name: str, places: Sequence[ir.Value]) -> Scalar:
    """Call a function of LAPACK; gives its last argument, INFO, as an int64."""
    info = integer(s, 0)
    function = s.code.unit.external(f"dy_lapack_{name}", VOID, [PTR] * (len(places) + 1))
    s.code.b.call(function, [*places, info])
    return s.i64(s.code.b.sext(s.code.b.load(info, typ=I32), I64))


def call_gemm(
    s: Scalars,
    dtype: DType,
    places: tuple[ir.Value, ir.Value, ir.Value],
    sizes: tuple[Size, Size, Size],
    steps: tuple[Size, Size, Size],
    *,
    transposed: bool,
    adds: bool,
) -> None:
    """C = A B, of float32 or float64, in C order: `places` and `steps` (from row to row) of C, A and B; `sizes` are the
    rows and columns of C and the terms of a sum. `transposed`: B is there as its transpose. `adds`: C += A B.

    BLAS has columns first, so it is asked for C' = B' A'.
    """
    rows, columns, terms = sizes
    c, a, b = places
    lead_c, lead_a, lead_b = (integer(s, s.select(s.gt(n, 1), n, 1)) for n in steps)
    one, before = (_number(s, value, dtype) for value in (1.0, 1.0 if adds else 0.0))
    flags = [character(s, "T" if transposed else "N"), character(s, "N")]
    shape = [integer(s, n) for n in (columns, rows, terms)]
    function = s.code.unit.external(f"dy_blas_{'d' if dtype == float64 else 's'}gemm", VOID, [PTR] * 13)
    s.code.b.call(function, [*flags, *shape, one, b, lead_b, a, lead_a, before, c, lead_c])


def _number(s: Scalars, value: float, dtype: DType) -> ir.Value:
    """The place of a float."""
    place = s.code.slot(register_type(dtype))
    store_element(s, place, 0, s.const(value, dtype))
    return place
