"""Numbers as unevaluated sums of two floats, and the errors of single operations, exactly.

Source: T. J. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18, 1971;
J.-M. Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., ch. 4 and 14.
"""

from graph.llvm.math.term import Number, Term, fma


def two_sum(a: Term, b: Term) -> tuple[Term, Term]:
    """`a + b` rounded, and the error of that."""
    total = a + b
    from_b = total - a
    return total, (a - (total - from_b)) + (b - from_b)


def fast_two_sum(a: Term, b: Term) -> tuple[Term, Term]:
    """As `two_sum`, where `a` is zero or has an exponent at least that of `b`."""
    total = a + b
    return total, b - (total - a)


def _halves(x: Term) -> tuple[Term, Term]:
    """`x` as a sum of two numbers with half the bits (Veltkamp)."""
    spread = x * float(2**27 + 1 if x.is_double else 2**12 + 1)
    high = spread - (spread - x)
    return high, x - high


def two_product(a: Term, b: Number) -> tuple[Term, Term]:
    """`a * b` rounded, and the error of that. Without fused multiply-add a factor must stay below 2^996."""
    right = a.constant(b)
    product = a * right
    if a.writer.fma:
        return product, fma(a, right, -product)
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(right)
    error = a_high * b_high - product
    return product, ((error + a_high * b_low) + a_low * b_high) + a_low * b_low
