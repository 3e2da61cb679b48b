"""exp and its kin: x = n ln 2 + r, |r| <= (ln 2)/2, a polynomial in r, and 2^n through the exponent's bits.

Source: J.-M. Muller, Elementary Functions, 3rd ed., 2016, ch. 11 (range reduction after Cody and Waite);
P. T. P. Tang, Table-driven implementation of the expm1 function, ACM TOMS 18(2), 1992, for 2^n q + (2^n - 1).
"""

from graph.llvm.math import coefficients as c
from graph.llvm.math.binary_format import format_of, nearest_integer, power_of_two, scaled
from graph.llvm.math.double_word import fast_two_sum, two_product, two_sum
from graph.llvm.math.term import Term, absolute, at_least, at_most, copy_sign, fma, polynomial, select


def _reduced(x: Term, offset: int, rest: Term | None = None) -> tuple[Term, Term]:
    """r of x + rest, and bits that end in n + offset."""
    n, bits = nearest_integer(x, offset, c.LOG2_E)
    high, low = c.LN2_64 if x.is_double else c.LN2_32
    r = fma(n, -high, x)
    return (fma(n, -low, r) if rest is None else r + fma(n, -low, rest)), bits


def _more_than_line(r: Term) -> Term:
    """e^r - 1 - r for |r| <= (ln 2)/2."""
    return r * r * polynomial(r, c.EXP_64 if r.is_double else c.EXP_32)


def _exp_near_zero(r: Term) -> tuple[Term, Term]:
    """e^r as a sum, the second much the smaller."""
    high, lost = fast_two_sum(r.constant(1.0), r)
    return high, lost + _more_than_line(r)


def _exp_of_reduced(r: Term) -> Term:
    """e^r for |r| <= (ln 2)/2. Single loses a quarter of a unit, and takes a fifth fewer operations."""
    if not r.is_double:
        return fma(r * r, polynomial(r, c.EXP_32), r) + 1.0
    high, rest = _exp_near_zero(r)
    return high + rest


def exp(x: Term, *, low: Term | None = None) -> Term:
    """e^(x + low), `low` below a few units of x. Beyond the ends of the range, inf and 0."""
    clipped = at_least(at_most(x, 710.0 if x.is_double else 89.0), -746.0 if x.is_double else -104.5)
    r, bits = _reduced(clipped, 2 * format_of(x).bias, low)
    return scaled(_exp_of_reduced(r), bits)


def exp_normal(x: Term) -> Term:
    """e^x where x is known to give a normal number."""
    r, bits = _reduced(x, format_of(x).bias)
    return _exp_of_reduced(r) * power_of_two(bits, x)


def exp_falling(x: Term) -> Term:
    """e^-|x|."""
    if x.is_double:
        return exp(-absolute(x))
    above = 64  # 2^n may be subnormal, 2^(n + 64) is not, nor too large
    r, bits = _reduced(at_least(-absolute(x), -104.5), format_of(x).bias + above)
    return _exp_of_reduced(r) * power_of_two(bits, x) * 2.0**-above


def exp2(x: Term) -> Term:
    """2^x; exact for integers."""
    clipped = at_least(at_most(x, 1025.0 if x.is_double else 129.0), -1076.0 if x.is_double else -151.0)
    n, bits = nearest_integer(clipped, 2 * format_of(x).bias)
    return scaled(exp2_near_zero(clipped - n), bits)


def exp2_normal(x: Term) -> Term:
    """2^x where x is known to give a normal number."""
    n, bits = nearest_integer(x, format_of(x).bias)
    return exp2_near_zero(x - n) * power_of_two(bits, x)


def exp2_near_zero(r: Term, *, short: bool = False) -> Term:
    """2^r for |r| <= 1/2."""
    coefficients = c.EXP2_32 if not r.is_double else c.EXP2_SHORT if short else c.EXP2_64
    return fma(r, polynomial(r, coefficients), 1.0)


def _quarter_expm1(x: Term) -> tuple[Term, Term]:
    """(e^x - 1) / 4 as a sum, the second much the smaller. Does not overflow where sinh does not."""
    clipped = at_least(at_most(x, 710.48 if x.is_double else 89.42), -40.0)
    r, bits = _reduced(clipped, format_of(x).bias - 2)
    scale = power_of_two(bits, x)
    high, lost = two_sum(scale - 0.25, scale * r)
    return high, fma(scale, _more_than_line(r), lost)


def half_expm1(x: Term) -> Term:
    """(e^x - 1) / 2, so that it overflows only where sinh does. Loses the sign of -0."""
    high, low = _quarter_expm1(x)
    return (high + low) * 2.0


def expm1(x: Term) -> Term:
    """e^x - 1, right near zero."""
    near_zero = absolute(x) < (2.0**-54 if x.is_double else 2.0**-25)
    return select(near_zero, x, half_expm1(x) * 2.0)


def _quotient(high: Term, low: Term, divisor: Term, divisor_low: Term) -> Term:
    """(high + low) / (divisor + divisor_low), almost rounded once."""
    reciprocal = 1.0 / divisor
    quotient = high * reciprocal
    product, error = two_product(quotient, divisor)
    missing = ((high - product) - error) + (low - quotient * divisor_low)
    return fma(missing, reciprocal, quotient)


def sigmoid(x: Term) -> Term:
    """1 / (1 + e^-|x|), of negative numbers e^-|x| times that.

    Single: what the divisor has lost by rounding is put back; of the quotient's factor beside it, some 1, half is left.
    """
    if x.is_double:
        return _sigmoid_double(x)
    e = exp_falling(x)
    divisor, lost = fast_two_sum(x.constant(1.0), e)
    y = select(x < 0.0, e, 1.0) / divisor
    return fma(y, -lost, y)


def _sigmoid_double(x: Term) -> Term:
    r, bits = _reduced(at_least(-absolute(x), -746.0), 2 * format_of(x).bias)
    high, rest = _exp_near_zero(r)
    high, low = fast_two_sum(high, rest)
    e = scaled(high, bits)
    divisor, lost = fast_two_sum(x.constant(1.0), e)
    lost = fma(low, e, lost)  # low / high = low, nearly: high is between 0.7 and 1.4, and this is a correction
    is_negative = x < 0.0
    y = _quotient(select(is_negative, high, 1.0), select(is_negative, low, 0.0), divisor, lost)
    return select(is_negative, scaled(y, bits), y)


def tanh(x: Term) -> Term:
    """Single: an odd polynomial up to 0.63, then 1 - 2 / (e^2x + 1), where few digits of e^2x count. Double:
    h / (1 + h) with h = (e^2x - 1) / 2."""
    if x.is_double:
        return _tanh_double(x)
    size = absolute(x)
    square = x * x
    near = fma(x * square, polynomial(square, c.TANH_32), x)
    far = 1.0 - 2.0 / (exp2_normal(at_most(size, 10.0) * (2.0 * c.LOG2_E)) + 1.0)
    return copy_sign(select(size < 0.63, near, far), x)


def _tanh_double(x: Term) -> Term:
    size = absolute(x)
    high, low = _quarter_expm1(at_most(size, 22.0) * 2.0)
    high, low = fast_two_sum(high, low)
    divisor, lost = two_sum(x.constant(0.5), high)
    y = _quotient(high, low, divisor, lost + low)
    return select(size < 2.0**-28, x, copy_sign(y, x))


def sinh(x: Term) -> Term:
    """h + h / (2 h + 1) with h = (e^|x| - 1) / 2."""
    size = absolute(x)
    half = half_expm1(size)
    y = select(size > 40.0, half, half + half / fma(half, 2.0, 1.0))
    return select(size < (2.0**-28 if x.is_double else 2.0**-13), x, copy_sign(y, x))


def cosh(x: Term) -> Term:
    """2 h + 1 / (8 h) with h = e^|x| / 4."""
    r, bits = _reduced(at_most(absolute(x), 710.48 if x.is_double else 89.42), format_of(x).bias - 2)
    high, rest = _exp_near_zero(r)
    quarter = (high + rest) * power_of_two(bits, x)
    return fma(quarter, 2.0, 0.125 / quarter)
