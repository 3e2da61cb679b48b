"""asin, acos, atan, atan2.

Source: J.-M. Muller, Elementary Functions, 3rd ed., 2016, ch. 11; W. J. Cody and W. Waite, Software Manual for the
Elementary Functions, 1980, ch. 10 and 11.
"""

import math

from graph.llvm.math import coefficients as c
from graph.llvm.math.term import Term, absolute, copy_sign, fma, polynomial, select, square_root

_TAN_EIGHTH = math.sqrt(2.0) - 1.0


def _half_pi(x: Term) -> tuple[float, float]:
    """pi/2 in two words of the type of `x`."""
    high, low, _ = c.HALF_PI_64 if x.is_double else c.HALF_PI_32
    return high, low


def _arc(y: Term, x: Term) -> tuple[Term, Term, Term]:
    """atan(y / x) for x, y >= 0 as a sum `turn + (turn_low + rest)`, the turn being 0, pi/4 or pi/2.

    With y / x beyond tan(3 pi/8) the quotient is -x / y, beyond tan(pi/8) (y - x) / (y + x).
    """
    is_far = y > x * (_TAN_EIGHTH + 2.0)  # which is 1 / tan(pi/8)
    is_middle = y > x * _TAN_EIGHTH
    t = select(is_far, -x, select(is_middle, y - x, y)) / select(is_far, y, select(is_middle, y + x, x))
    square = t * t
    rest = fma(t * square, polynomial(square, c.ATAN_64 if x.is_double else c.ATAN_32), t)
    high, low = (select(is_far, x.constant(w), select(is_middle, x.constant(w / 2), 0.0)) for w in _half_pi(x))
    return high, low, rest


def atan(x: Term) -> Term:
    turn, low, rest = _arc(absolute(x), x.constant(1.0))
    return copy_sign(turn + (low + rest), x)


def atan2(y: Term, x: Term) -> Term:
    """The angle of the point (x, y). Signs of zeros count; the four infinite points lie on the diagonals."""
    height, width = absolute(y), absolute(x)
    longer = select(height > width, height, width)
    large, small, up = (2.0**1022, 2.0**-900, 2.0**60) if x.is_double else (2.0**126, 2.0**-90, 2.0**30)
    scale = select(longer > large, x.constant(0.25), select(longer < small, x.constant(up), 1.0))
    height, width = height * scale, width * scale  # no sum overflows, and products keep their digits
    both_infinite = height.equals(math.inf) & width.equals(math.inf)
    both_zero = height.equals(0.0) & width.equals(0.0)
    height = select(both_infinite, 1.0, height)
    width = select(both_infinite | both_zero, 1.0, width)
    turn, low, rest = _arc(height, width)
    acute = turn + (low + rest)
    half, half_low = _half_pi(x)
    obtuse = (2.0 * half - turn) + ((2.0 * half_low - low) - rest)
    return copy_sign(select(x.bits() < 0, obtuse, acute), y)


def _half_angle(x: Term) -> tuple[Term, Term, Term]:
    """Whether |x| < 1/2; then t = |x|, else t = sqrt((1 - |x|)/2), so that asin |x| = pi/2 - 2 asin t; asin t - t."""
    size = absolute(x)
    is_small = size < 0.5
    square = select(is_small, size * size, (1.0 - size) * 0.5)
    t = select(is_small, size, square_root(square))
    more = t * square * polynomial(square, c.ASIN_64 if x.is_double else c.ASIN_32)
    return is_small, t, more


def asin(x: Term) -> Term:
    is_small, t, more = _half_angle(x)
    half, half_low = _half_pi(x)
    near_one = half - (2.0 * t - (half_low - 2.0 * more))
    return copy_sign(select(is_small, t + more, near_one), x)


def acos(x: Term) -> Term:
    is_small, t, more = _half_angle(x)
    half, half_low = _half_pi(x)
    middle = half - (copy_sign(t, x) - (half_low - copy_sign(more, x)))
    twice = (t + more) * 2.0
    far = 2.0 * half - (twice - 2.0 * half_low)
    return select(is_small, middle, select(x < 0.0, far, twice))
