"""The argument of sin, cos and tan: which quarter turn it is in, and how far from that quarter's middle.

x 2/pi mod 4 is x times those bits of 2/pi that matter: bits whose product with the lowest bit of x is a multiple of 4
may go, and bits far enough down too. Which bits is read off the exponent of x, for all x alike: there is no branch and
no slow path. Source: M. H. Payne and R. N. Hanek, Radian reduction for trigonometric functions, SIGNUM Newsletter
18(1), 1983; K. C. Ng, Argument reduction for huge arguments: good to the last bit, 1992.
"""

import math
from fractions import Fraction
from typing import Any

from graph.llvm.math import coefficients as c
from graph.llvm.math.binary_format import DOUBLE, nearest_integer
from graph.llvm.math.double_word import fast_two_sum, two_product, two_sum
from graph.llvm.math.term import Term, absolute, fma, ir, select

_STEP = {False: 16, True: 24}
"""A row of bits serves so many binades; for numbers of 24 bits (`short`) more."""
_FIRST = {False: 40, True: 32}
"""Row 0, all of 2/pi, serves numbers up to 2^40; short, up to 2^32."""
_DROPPED = {False: 30, True: 17}
"""Multiples of 2^30 are left out of a row: the lowest bit of x / 2^(16 row) is at least 2^-28. Short, 2^17: 2^-15."""
_ROWS = {False: 63, True: 5}
_PIECES = {False: 4, True: 2}


def rows(*, short: bool) -> list[list[float]]:
    """2^(step row) 2/pi, without the multiples that are left out, in pieces of 53 bits, cut and not rounded."""
    bits = len(c.TWO_OVER_PI) * 4
    two_over_pi = Fraction(int(c.TWO_OVER_PI, 16), 2**bits)
    found: list[list[float]] = []
    for row in range(_ROWS[short]):
        left = two_over_pi * 2 ** (_STEP[short] * row) % 2 ** _DROPPED[short]
        pieces: list[float] = []
        for _ in range(_PIECES[short]):
            exponent = math.frexp(float(left))[1]
            unit = Fraction(2) ** (exponent - 53)
            piece = left // unit * unit
            pieces.append(float(piece))
            left -= piece
        found.append(pieces)
    return found


def _quadrant_single(x: Term) -> tuple[Term, Term, Term]:
    """As `quadrant`, of a float; computed in double, good to 2^-57 absolutely.

    The rows are chosen by comparisons: no memory is read.
    """
    size = absolute(x).widened()
    table = rows(short=True)
    first, second = (size.constant(piece) for piece in table[0])
    for row in range(1, len(table)):
        is_beyond = size >= 2.0 ** (_FIRST[True] + _STEP[True] * (row - 1))
        scale = 2.0 ** (-_STEP[True] * row)
        first = select(is_beyond, table[row][0] * scale, first)
        second = select(is_beyond, table[row][1] * scale, second)
    turns, error = two_product(size, first)
    rest = fma(size, second, error)
    whole, bits = nearest_integer(turns)
    near = turns - whole
    one_more, bit = nearest_integer(near + rest)  # what is left of many turns may be up to 1/16
    wide = ((near - one_more) + rest) * c.HALF_PI_64[0]
    r = wide.narrowed()
    return r, (wide - r.widened()).narrowed(), (bits + bit).low_half()


def moderate(x: Term) -> float:
    """Below this `quadrant_moderate` serves."""
    return 2.0**30 if x.is_double else 2.0**14


def quadrant_moderate(x: Term) -> tuple[Term, Term, Term]:
    """As `quadrant`, but only for |x| < moderate(x) (Cody and Waite): |x| - q pi/2, with pi/2 in three words.

    The first difference is exact: it is smaller than one, and on the grid of the last bit of the first word.
    """
    words = c.HALF_PI_64 if x.is_double else c.HALF_PI_32
    size = absolute(x)
    whole, bits = nearest_integer(size * (2.0 / math.pi))
    if x.writer.fma:
        high = fma(whole, -words[0], size)
    else:
        product, error = two_product(whole, words[0])
        high = (size - product) - error
    second, second_low = two_product(whole, words[1])
    r, low = two_sum(high, -second)
    return r, low - fma(whole, words[2], second_low), bits


def _table(module: Any) -> Any:
    """The rows as a constant of the module."""
    name = "math.two_over_pi"
    if name in module.globals:
        return module.globals[name]
    numbers = [ir.Constant(ir.DoubleType(), piece) for row in rows(short=False) for piece in row]
    kind = ir.ArrayType(ir.DoubleType(), len(numbers))
    table = ir.GlobalVariable(module, kind, name)
    table.linkage = "internal"
    table.global_constant = True
    table.initializer = ir.Constant(kind, numbers)
    return table


def _loaded(row: Term) -> list[Term]:
    """The pieces of a row."""
    builder = row.writer.builder
    table = _table(builder.module)
    zero = ir.Constant(ir.IntType(64), 0)
    pieces: list[Term] = []
    for piece in range(_PIECES[False]):
        address = builder.gep(table, [zero, (row * _PIECES[False] + piece).value], inbounds=True)
        load = builder.load(address)
        load.set_metadata("invariant.load", builder.module.add_metadata([]))
        pieces.append(row.writer.term(load))
    return pieces


def quadrant(x: Term) -> tuple[Term, Term, Term]:
    """|x| = q pi/2 + r + low, |r| <= pi/4 and a bit; third, bits that end in q modulo 4. Not of inf and NaN.

    Of a double, r + low is right to 100 bits and more.
    """
    if not x.is_double:
        return _quadrant_single(x)
    size = absolute(x)
    bits = size.bits()
    step = _STEP[False]
    past = (bits >> DOUBLE.fraction) - (DOUBLE.bias + _FIRST[False] - step)
    row = select(past < step, 0, select(past >= step * _ROWS[False], _ROWS[False] - 1, past >> 4))
    mantissa = (bits - (row << (DOUBLE.fraction + 4))).as_float()
    first, second, third, fourth = _loaded(row)
    turns, turns_low = two_product(mantissa, first)
    sixteenth = 1.5 * 2.0**70  # 2^69 at most came in: multiples of 2^18 go
    near = turns - ((turns + sixteenth) - sixteenth)
    b, b_low = two_product(mantissa, second)
    d, d_low = two_product(mantissa, third)
    a, a_low = two_sum(turns_low, b)
    total, total_low = two_sum(near, a)
    whole, quarter = nearest_integer(total)
    e, e_low = two_sum(total_low, a_low)
    g, g_low = two_sum(b_low, d)
    h, h_low = two_sum(e, g)
    high, low = two_sum(total - whole, h)
    low = low + (((e_low + g_low) + (h_low + d_low)) + mantissa * fourth)
    high, low = fast_two_sum(high, low)
    r, r_low = two_product(high, c.HALF_PI_64[0])
    r_low = r_low + fma(high, c.HALF_PI_64[1], low * c.HALF_PI_64[0])
    is_small = size < 0.785
    return select(is_small, size, r), select(is_small, 0.0, r_low), select(is_small, 0, quarter)
