"""A native function of one operand over all float32 there are, against float64. Errors are taken by native code too."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special
from llvmlite import ir

from graph.llvm.math import library
from graph.llvm.math.term import Term, Writer, absolute, at_least, at_most, select
from support.native_loops import Machine, elementwise_loop
from support.ulps import REFERENCES

BLOCK = 1 << 15
"""So many floats at once: their references stay in the cache."""
COUNT = 1 << 32
FOREIGN = 64
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


@dataclass(frozen=True)
class Result:
    """The largest error in units in the last place, where, the share of nearest results, and the time it took."""

    worst: float
    place: float
    nearest: float
    seconds: float


def error_in_units(found: Term, reference: Term) -> Term:
    """As `support.ulps.errors`: of a double that is a float32 against a double; a float."""
    size = absolute(reference)
    exponent = size.bits() >> 52
    exponent = select(exponent < 1023 - 126, 1023 - 126, select(exponent > 1023 + 127, 1023 + 127, exponent))
    unit = ((exponent - 23) << 52).as_float()
    ends = 2.0**128
    gap = absolute(at_least(at_most(found, ends), -ends) - at_least(at_most(reference, ends), -ends))
    is_other_zero = found.equals(0.0) & reference.equals(0.0) & ((found.bits() ^ reference.bits()) < 0)
    gap = select(is_other_zero, float("inf"), gap)
    error = select(found.is_nan() & reference.is_nan(), 0.0, gap / unit)
    return select(error.is_nan(), float("inf"), error).narrowed()


def error_loop(name: str, machine: Machine, *, against_own: bool) -> Callable[..., None]:
    """`loop(errors, x)` against our own function over float64; else `loop(errors, x, reference)`."""

    def body(module: Any, builder: Any, elements: list[Any]) -> Any:
        writer = Writer(builder, fma=machine.fma)
        x = writer.term(elements[0])
        found = builder.call(library.declare(module, name, FLOAT32, fma=machine.fma), [x.value])
        if against_own:
            own = library.declare(module, name, FLOAT64, fma=machine.fma)
            reference = builder.call(own, [x.widened().value])
        else:
            reference = elements[1]
        return error_in_units(writer.term(found).widened(), writer.term(reference)).value

    operands = [ir.FloatType()] if against_own else [ir.FloatType(), ir.DoubleType()]
    return elementwise_loop(body, operands, ir.FloatType(), machine)


def check(name: str, machine: Machine, starts: Iterable[int]) -> Result:
    """Over the blocks of floats whose bits begin at `starts`.

    The reference is our own function over float64, which `tests/exhaustive.py` compares with long double; in one of
    `FOREIGN` blocks NumPy's float64 function (SciPy's erf). Both are right to 2^-27 units of float32 or better.
    """
    foreign = scipy.special.erf if name == "erf" else REFERENCES[name]
    by_own, by_foreign = (error_loop(name, machine, against_own=own) for own in (True, False))
    found = np.empty(BLOCK, np.float32)
    first = np.arange(BLOCK, dtype=np.uint32)
    worst, place, nearest, total = -1.0, 0.0, 0, 0
    began = time.perf_counter()
    for number, start in enumerate(starts):
        x = (first + np.uint32(start)).view(np.float32)
        if number % FOREIGN:
            by_own(found, x)
        else:
            by_foreign(found, x, foreign(x.astype(np.float64)))
        at = int(found.argmax())
        nearest += int(np.count_nonzero(found <= 0.5))
        total += BLOCK
        if found[at] > worst:
            worst, place = float(found[at]), float(x[at])
    return Result(worst, place, nearest / total, time.perf_counter() - began)
