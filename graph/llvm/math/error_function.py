"""erf: an odd polynomial near zero, beyond 1 - e^-g(|x|), where g = -log(erfc) is a polynomial as well.

The coefficients of g are fitted to what counts in erf, so the further out the fewer digits they need.
"""

from graph.llvm.math import coefficients as c
from graph.llvm.math.exponential import exp_normal
from graph.llvm.math.term import Term, absolute, at_most, copy_sign, fma, polynomial, select


def erf(x: Term) -> Term:
    near, far, edge, last = (c.ERF_64, c.ERFC_64, 1.0, 6.0) if x.is_double else (c.ERF_32, c.ERFC_32, 0.9, 4.0)
    size = absolute(x)
    small = fma(x, polynomial(x * x, near), x)
    large = 1.0 - exp_normal(-polynomial(at_most(size, last) - edge, far))
    return select(size < edge, small, copy_sign(large, x))
