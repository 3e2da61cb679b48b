"""x^y for 0 < |y| < 1, of one number: roots and their reciprocals, where the next step waits for the result.

`power.pow` is made for loops over arrays, where the number of operations counts. Here the longest chain counts, a
third as long: exponent and fraction of x index a table of logarithms, so that the power of two nearest to the result,
from a second table, is known before the rest of the logarithm is. An exponent below one does not magnify errors: the
logarithm is one double.

    x = 2^k m;  y log2 x = y k + y log2 c + y log2(m / c);  n / 128 next to the first two;  2^(n/128 + rest)

Source: P. T. P. Tang, Table-driven implementation of the logarithm function, ACM TOMS 16(4), 1990, and of the
exponential function, ACM TOMS 15(2), 1989.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from graph.llvm.math import coefficients as c
from graph.llvm.math import tables
from graph.llvm.math.binary_format import DOUBLE
from graph.llvm.math.double_word import fast_two_sum, two_product
from graph.llvm.math.power import pow
from graph.llvm.math.rare import where_rare
from graph.llvm.math.term import Number, Term, fma, ir

_ROWS: Final = 1 << tables.ROW_BITS
_SHIFT: Final = DOUBLE.fraction - tables.ROW_BITS
_ROUNDER: Final = 1.5 * 2.0**_SHIFT
"""Added to a small number, it leaves the nearest multiple of 1 / 128 in the lowest bits."""


def has_table(y: float) -> bool:
    """Whether `power_by_table` takes this exponent: the powers of all normal numbers are normal."""
    return 0.0 < abs(y) < 0.999


def power_by_table(x: Term, y: Term) -> Term:
    """x^y, both double, within 1.2 ulp, for an exponent that `has_table`. Of 0, subnormals and negatives: `pow`."""
    is_normal = (x >= DOUBLE.min_normal) & (x < math.inf)
    return where_rare("power_by_table", ~is_normal, _of_normal(x, y), pow, x, y)


def _of_normal(x: Term, y: Term) -> Term:
    moved = x.bits() + (DOUBLE.one - tables.LOG2_START)
    fraction = moved & ((1 << DOUBLE.fraction) - 1)
    reciprocal, log_c = _row(x, "log2", tables.LOG2, fraction >> _SHIFT)
    field = (moved >> DOUBLE.fraction) | (DOUBLE.bias + DOUBLE.fraction << DOUBLE.fraction)
    k = field.as_float() - (2.0**DOUBLE.fraction + DOUBLE.bias)

    high, low = two_product(y, k)
    near, lost = fast_two_sum(high, y * log_c)  # without the logarithm of what is left of m
    shifted = near + _ROUNDER
    number = shifted.bits()
    offset, power = _row(x, "exp2", tables.EXP2, number & (_ROWS - 1))

    f = fma((fraction + tables.LOG2_START).as_float(), reciprocal, -1.0)
    rest = (near - (shifted - _ROUNDER)) + (lost + low) + (_times_polynomial(y * f, f, c.LOG2_ROW, 0.0) - offset)
    scale = (power.bits() + ((number >> tables.ROW_BITS) << DOUBLE.fraction)).as_float()
    return _times_polynomial(scale * rest, rest, c.EXP2_ROW, scale)


def _times_polynomial(factor: Term, x: Term, coefficients: Sequence[float], plus: Number) -> Term:
    """`plus + factor (c0 + c1 x + ...)` of five or six coefficients, three operations after `x` and `factor`."""
    square = x * x
    first, second = (fma(x, coefficients[i + 1], coefficients[i]) for i in (0, 2))
    third = fma(x, coefficients[5], coefficients[4]) if len(coefficients) > 5 else coefficients[4]
    return fma(factor * square, fma(square, third, second), fma(factor, first, plus))


def _row(like: Term, name: str, rows: tuple[tuple[float, float], ...], index: Term) -> tuple[Term, Term]:
    """Both numbers of a row of a table."""
    builder = like.writer.builder
    table = _table(builder.module, f"math.power.{name}", rows)
    zero, one = (ir.Constant(ir.IntType(64), i) for i in (0, 1))
    pair = builder.gep(table, [zero, index.value], inbounds=True)
    second = builder.gep(pair, [one], inbounds=True, source_etype=ir.DoubleType())
    first, other = (like.writer.term(builder.load(place, typ=ir.DoubleType())) for place in (pair, second))
    return first, other


def _table(module: Any, name: str, rows: tuple[tuple[float, float], ...]) -> Any:
    if name in module.globals:
        return module.globals[name]
    pair = ir.ArrayType(ir.DoubleType(), 2)
    table = ir.GlobalVariable(module, ir.ArrayType(pair, len(rows)), name)
    table.linkage = "internal"
    table.global_constant = True
    table.align = 16
    table.initializer = ir.Constant(table.value_type, [ir.Constant(pair, list(row)) for row in rows])
    return table
