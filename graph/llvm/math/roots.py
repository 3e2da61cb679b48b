"""sqrt, 1 / sqrt and hypot."""

import math

from graph.llvm.math.term import Term, absolute, select, square_root


def rsqrt(x: Term) -> Term:
    """1 / sqrt(x), rounded after each, as NumPy computes it."""
    return 1.0 / square_root(x)


def hypot_short(x: Term, y: Term) -> Term:
    """For doubles that were single: no square overflows. An infinite side outweighs a NaN."""
    length = square_root(x * x + y * y)
    is_infinite = absolute(x).equals(math.inf) | absolute(y).equals(math.inf)
    return select(is_infinite, math.inf, length)


def hypot(x: Term, y: Term) -> Term:
    """Scaled by a power of two where squares would overflow or lose bits."""
    a, b = absolute(x), absolute(y)
    longer = select(a > b, a, b)
    is_large, is_small = longer > 2.0**510, longer < 2.0**-450
    down = select(is_large, x.constant(2.0**-600), select(is_small, x.constant(2.0**600), 1.0))
    up = select(is_large, x.constant(2.0**600), select(is_small, x.constant(2.0**-600), 1.0))
    return hypot_short(a * down, b * down) * up
