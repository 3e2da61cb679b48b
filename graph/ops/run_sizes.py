"""Sizes while native code is written: numbers where they are known, else registers."""

from graph.ir.lowering import ScalarEmitter, Size


def smaller_size(s: ScalarEmitter, x: Size, y: Size) -> Size:
    """The smaller of two sizes."""
    return s.select(s.lt(x, y), x, y)


def larger_size(s: ScalarEmitter, x: Size, y: Size) -> Size:
    """The larger of two sizes."""
    return s.select(s.gt(x, y), x, y)
