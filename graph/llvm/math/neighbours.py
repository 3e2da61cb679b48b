"""nextafter and copysign: the bits of floats as integers."""

from graph.llvm.math.term import Term, absolute, copy_sign, select


def copysign(x: Term, y: Term) -> Term:
    return copy_sign(x, y)


def nextafter(x: Term, y: Term) -> Term:
    """The float next to `x` towards `y`: bits of floats of one sign are ordered like the floats."""
    bits = x.bits()
    outwards = (y > x) ^ (bits < 0)
    beside = select(outwards, bits + 1, bits - 1).as_float()
    smallest = copy_sign(absolute(x.bits().constant(1).as_float()), y)
    moved = select(x.equals(0.0), smallest, beside)
    return select(x.equals(y), y, select(x.is_nan() | y.is_nan(), x + y, moved))
