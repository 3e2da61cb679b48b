"""log and its kin: x = m 2^k with m next to 1, f = m - 1.

Single: a polynomial in f. Double, which would need too long a one: s = f / (2 + f), as log m = 2 atanh s.

Source: J.-M. Muller, Elementary Functions, 3rd ed., 2016, ch. 11; P. T. P. Tang, Table-driven implementation of the
logarithm function, ACM TOMS 16(4), 1990; the arrangement f - (f^2/2 - s (f^2/2 + R)) is K. C. Ng's (FDLIBM).
"""

import math

from graph.llvm.math import coefficients as c
from graph.llvm.math.binary_format import format_of, split
from graph.llvm.math.double_word import fast_two_sum, two_product, two_sum
from graph.llvm.math.exponential import exp_falling
from graph.llvm.math.term import (
    Term,
    absolute,
    at_least,
    copy_sign,
    fma,
    polynomial,
    select,
    square_root,
)


def _with_ends(x: Term, y: Term) -> Term:
    """`y` for positive finite `x`; of 0 -inf, of negative numbers NaN, inf and NaN of themselves."""
    positive = select(x > 0.0, y, select(x.equals(0.0), y.constant(-math.inf), math.nan))
    return select(x < math.inf, positive, x + x)


def _below(f: Term) -> Term:
    """By how much log(1 + f) is less than f, 1 + f between the roots of 1/2 and 2."""
    if not f.is_double:
        square = f * f
        return fma(square, 0.5, -(f * square * polynomial(f, c.LOG_32)))
    s = f / (f + 2.0)
    square = s * s
    rest = square * polynomial(square, c.ATANH_64)
    half_square = f * f * 0.5
    return half_square - s * (half_square + rest)


def _log_of_parts(k: Term, f: Term) -> Term:
    """k ln 2 + log(1 + f)."""
    if f.is_double:
        return fma(k, c.LN2_64[0], f - (_below(f) - k * c.LN2_64[1]))
    square = f * f
    y = fma(k, c.LN2_32[1], f * square * polynomial(f, c.LOG_32))
    return fma(k, c.LN2_32[0], fma(square, -0.5, y) + f)


def log(x: Term) -> Term:
    """The natural logarithm."""
    k, m = split(x)
    return _with_ends(x, _log_of_parts(k, m - 1.0))


def log_short(x: Term) -> tuple[Term, Term]:
    """k and log m of a normal double with x = m 2^k, for results that become single."""
    k, m = split(x, normal=True)
    f = m - 1.0
    s = f / (f + 2.0)
    square = s * s
    return k, s * fma(square, polynomial(square, c.ATANH_SHORT), 2.0)


def _log_times(x: Term, factor: tuple[float, float], unit: tuple[float, float]) -> Term:
    """factor log(m) + unit k: the product in double words, as its error would double that of the logarithm."""
    k, m = split(x)
    f = m - 1.0
    high, low = fast_two_sum(f, -_below(f))
    product, error = two_product(high, factor[0])
    rest = error + fma(high, factor[1], low * factor[0])
    total, lost = fast_two_sum(k * unit[0], product)
    return _with_ends(x, total + (lost + fma(k, unit[1], rest)))


def log2(x: Term) -> Term:
    """Exact for powers of two."""
    return _log_times(x, c.LOG2_E_64 if x.is_double else c.LOG2_E_32, (1.0, 0.0))


def log10(x: Term) -> Term:
    if x.is_double:
        return _log_times(x, c.LOG10_E_64, c.LOG10_2_64)
    return _log_times(x, c.LOG10_E_32, c.LOG10_2_32)


def _log_of_sum(u: Term, low: Term, *, doublings: Term | None = None) -> Term:
    """log(2^doublings (u + low)) for u >= 2^-53, `low` at most half a unit of u."""
    form = format_of(u)
    k, m = split(u, normal=True)
    shrink = (m.bits() - u.bits() + form.one).as_float()  # 2^-k, unless u is so large that `low` is nothing
    f = (m - 1.0) + select(u < 2.0 ** (form.fraction + 8), low * shrink, 0.0)
    return _with_ends(u, _log_of_parts(k if doublings is None else k + doublings, f))


def log1p(x: Term) -> Term:
    """log(1 + x), right near zero."""
    u, low = fast_two_sum(x.constant(1.0), x)  # exact for large x too, while 1 is at least a unit of x
    return select(absolute(x) < 2.0 ** -(format_of(x).fraction + 2), x, _log_of_sum(u, low))


def softplus(x: Term) -> Term:
    """log(1 + e^x) = max(x, 0) + log1p(e^-|x|)."""
    return at_least(x, 0.0) + log1p(exp_falling(x))


def logaddexp(x: Term, y: Term) -> Term:
    """log(e^x + e^y) = max(x, y) + log1p(e^-|x - y|); equal infinities give themselves."""
    gap = absolute(x - y)
    spread = select(x > y, x, y) + log1p(exp_falling(gap))
    return select(x.equals(y), x + c.LN2, select(gap.is_nan(), gap, spread))


def _far(x: Term) -> float:
    """From here on 1 is nothing beside x^2; and x^2 beside 1 below the reciprocal."""
    return 2.0**28 if x.is_double else 2.0**13


def asinh(x: Term) -> Term:
    """log1p(|x| + x^2 / (1 + sqrt(1 + x^2))), far out log(2 |x|)."""
    size = absolute(x)
    is_far = size > _far(x)
    square = size * size
    t = size + square / (square_root(square + 1.0) + 1.0)
    u, low = two_sum(t.constant(1.0), t)
    doublings = select(is_far, x.constant(1.0), 0.0)
    y = _log_of_sum(select(is_far, size, u), select(is_far, 0.0, low), doublings=doublings)
    return select(size < 1 / _far(x), x, copy_sign(y, x))


def acosh(x: Term) -> Term:
    """log1p(t + sqrt(2 t + t^2)) with t = x - 1, far out log(2 x)."""
    is_far = x > _far(x)
    t = x - 1.0
    u, low = two_sum(t.constant(1.0), t + square_root(fma(t, t, t * 2.0)))
    doublings = select(is_far, x.constant(1.0), 0.0)
    y = _log_of_sum(select(is_far, x, u), select(is_far, 0.0, low), doublings=doublings)
    return select(x < 1.0, math.nan, y)


def atanh(x: Term) -> Term:
    """log1p(2 |x| / (1 - |x|)) / 2."""
    size = absolute(x)
    y = log1p(size * 2.0 / (1.0 - size)) * 0.5
    return select(size < 1 / _far(x), x, copy_sign(y, x))


def log_double_word(x: Term) -> tuple[Term, Term]:
    """log of a positive finite double as a sum to 2^-65 of itself, the second a few units of the first, for `pow`.

    s as a double word, of the series of 2 atanh s the first two terms too. Corrections are added in the order in which
    they are known: this is all latency.
    """
    k, m = split(x)
    f = m - 1.0
    d, d_low = fast_two_sum(f.constant(2.0), f)
    reciprocal = 1.0 / d
    s = f * reciprocal
    product, error = two_product(s, d)
    s_low = (((f - product) - error) - s * d_low) * reciprocal
    square, square_low = two_product(s, s)
    square_low = fma(s * 2.0, s_low, square_low)
    inner, inner_low = fast_two_sum(s.constant(2.0 / 3.0), square * polynomial(square, c.ATANH_FAR))
    q, q_low = two_product(square, inner)
    q_low = q_low + fma(square, inner_low, fma(square, c.TWO_THIRDS_LOW, square_low * inner))
    p, p_low = two_product(s, q)
    high, low = fast_two_sum(s * 2.0, p)
    total, lost = fast_two_sum(k * c.LN2_64[0], high)  # k is 0, or the product is the greater: high is below 0.35
    known = low + (fma(s_low, q, p_low) + fma(k, c.LN2_64[1], s_low * 2.0))
    return total, lost + fma(s, q_low, known)
