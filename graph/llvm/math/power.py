"""pow: e^(y log x), the logarithm as a double word; in single all in double.

Source: J.-M. Muller, Elementary Functions, 3rd ed., 2016, ch. 13; special cases are those of C99 (annex F.10.4.4).
"""

import math

from graph.llvm.math import coefficients as c
from graph.llvm.math.binary_format import DOUBLE, nearest_integer, power_of_two
from graph.llvm.math.double_word import two_product
from graph.llvm.math.exponential import exp, exp2_near_zero
from graph.llvm.math.logarithm import log_double_word, log_short
from graph.llvm.math.term import Term, absolute, at_least, at_most, fma, select


def _positive_power(x: Term, y: Term) -> Term:
    """x^y for positive finite `x`. An exponent beyond 2^66 overflows for every x but 1."""
    log_high, log_low = log_double_word(x)
    exponent = at_least(at_most(y, 2.0**66), -(2.0**66))
    high, low = two_product(exponent, log_high)
    low = fma(exponent, log_low, low)  # a few units of `high`, which is as near as `exp` asks
    return exp(high, low=select(absolute(high) < 800.0, low, 0.0))


def _positive_power_short(x: Term, y: Term) -> Term:
    k, log_m = log_short(x)
    y = at_least(at_most(y, 2.0**40), -(2.0**40))  # a logarithm of 0 times inf would be NaN
    exponent = at_least(at_most(fma(log_m, c.LOG2_E, k) * y, 400.0), -400.0)
    n, bits = nearest_integer(exponent, DOUBLE.bias)
    return exp2_near_zero(exponent - n, short=True) * power_of_two(bits, x)


def pow(x: Term, y: Term, *, short: bool = False) -> Term:
    """x to the y. pow(x, 0) and pow(1, y) are 1 even where the other operand is NaN. Double only."""
    base, size = absolute(x), absolute(y)
    power = (_positive_power_short if short else _positive_power)(base, y)
    is_end = base.equals(0.0) | base.equals(math.inf)
    power = select(is_end, select(base.equals(0.0) ^ (y < 0.0), y.constant(0.0), math.inf), power)

    integer = 2.0**DOUBLE.fraction
    shifted = size + integer
    is_large = size >= integer
    is_integer = is_large | (shifted - integer).equals(size)
    is_odd = is_integer & (size < 2.0 * integer)
    is_odd = is_odd & (select(is_large, size, shifted).bits() & 1).equals(1)
    negative = select(is_odd, -power, select(is_integer | base.equals(math.inf) | base.equals(0.0), power, math.nan))
    signed = select(x.bits() < 0, negative, power)
    signed = select(x.is_nan() | y.is_nan(), x + y, signed)
    return select(x.equals(1.0) | y.equals(0.0), 1.0, signed)
