"""Arithmetic on sizes and indices in lowering rules: on ints at once, on what the run time knows in code."""

from collections.abc import Sequence
from typing import Any

from graph.dtypes import int64
from graph.ir.lowering import ScalarEmitter, Size


def product(e: ScalarEmitter, sizes: Sequence[Size]) -> Size:
    """How many elements a shape has."""
    total: Size = 1
    for n in sizes:
        total = e.mul(total, n)
    return total


def number_of(e: ScalarEmitter, index: Sequence[Size], sizes: Sequence[Size]) -> Size:
    """The number in C order of an index."""
    at: Size = 0
    for i, n in zip(index, sizes, strict=True):
        at = e.add(e.mul(at, n), i)
    return at


def least(e: ScalarEmitter, a: Size, b: Size) -> Size:
    """The smaller of two."""
    return e.select(e.lt(a, b), a, b)


def most(e: ScalarEmitter, a: Size, b: Size) -> Size:
    """The larger of two."""
    return e.select(e.gt(a, b), a, b)


def quotient_up(e: ScalarEmitter, count: Size, block: Size) -> Size:
    """How many blocks hold `count` things, which are not negative."""
    return e.quotient(e.sub(e.add(count, block), 1), block)


def as_scalar(e: ScalarEmitter, size: Size) -> Any:
    """An int as a number of the run time."""
    return e.const(size, int64) if isinstance(size, int) else size
