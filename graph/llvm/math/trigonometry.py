"""sin, cos and tan of every argument: reduction to [-pi/4, pi/4], then two polynomials.

Source: J.-M. Muller, Elementary Functions, 3rd ed., 2016, ch. 11; how the low word enters is K. C. Ng's (FDLIBM).
"""

import math
from collections.abc import Callable

from graph.llvm.math import coefficients as c
from graph.llvm.math.quadrant import moderate, quadrant, quadrant_moderate
from graph.llvm.math.rare import mended
from graph.llvm.math.term import Term, absolute, fma, polynomial, select

Reduction = Callable[[Term], tuple[Term, Term, Term]]


def _sine_cosine(r: Term, low: Term) -> tuple[Term, Term]:
    """sin and cos of r + low."""
    of_sine, of_cosine = (c.SIN_64, c.COS_64) if r.is_double else (c.SIN_32, c.COS_32)
    square = r * r
    half = square * 0.5
    first = 1.0 - half
    sine = r + fma(r * square, polynomial(square, of_sine), low * first)
    rest = ((1.0 - first) - half) + fma(square * square, polynomial(square, of_cosine), -(r * low))
    return sine, first + rest


def _sign(bits: Term) -> Term:
    """The highest bit."""
    return bits & -(1 << (bits.value.type.width - 1))


def _is_negative(quarter: Term) -> Term:
    """The second-lowest bit of the quadrant, as the highest."""
    return _sign(quarter << (quarter.value.type.width - 2))


def _finite(x: Term, y: Term) -> Term:
    """`y`, but of infinities NaN."""
    return select(absolute(x) < math.inf, y, x - x)


def _sin(x: Term, sine: Term, cosine: Term, quarter: Term) -> Term:
    size = select((quarter & 1).equals(0), sine, cosine)
    return (size.bits() ^ (_is_negative(quarter) ^ _sign(x.bits()))).as_float()


def _cos(x: Term, sine: Term, cosine: Term, quarter: Term) -> Term:
    size = select((quarter & 1).equals(0), cosine, sine)
    return (size.bits() ^ _is_negative(quarter + 1)).as_float()


def _tan(x: Term, sine: Term, cosine: Term, quarter: Term) -> Term:
    is_even = (quarter & 1).equals(0)
    quotient = select(is_even, sine, -cosine) / select(is_even, cosine, sine)
    return (quotient.bits() ^ _sign(x.bits())).as_float()


def _function(name: str, of_parts: Callable[[Term, Term, Term, Term], Term]) -> Callable[..., Term]:
    """From how sin |r|, cos |r| and the quadrant give the result."""

    def by(reduction: Reduction, x: Term) -> Term:
        r, low, quarter = reduction(x)
        return of_parts(x, *_sine_cosine(r, low), quarter)

    def of_any(x: Term) -> Term:
        return _finite(x, by(quadrant, x))

    def function(x: Term) -> Term:
        return mended(name, x, by(quadrant_moderate, x), moderate(x), of_any)

    return function


sin = _function("sin", _sin)
cos = _function("cos", _cos)
tan = _function("tan", _tan)
