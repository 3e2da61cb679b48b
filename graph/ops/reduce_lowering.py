"""Reductions as native code: accumulators, what an element does to them, and what they become."""

from typing import Any, cast

import numpy as np

from graph.aval import Aval
from graph.dtypes import DType, bool_, float32, int64
from graph.ir.emitter import Emitter
from graph.ir.lowering import Decomposed, LoopEmitter, Loops, Lowering, Reduce, ScalarEmitter
from graph.ops.places import each
from graph.ops.running import sum_dtype


def wide_dtype(dtype: DType) -> DType:
    """The dtype that sums and products are taken in: 64 bits for integers, float32 for 16-bit floats."""
    if (dtype.kind in "biufc" and dtype.itemsize > 2) or dtype.kind in "biu":
        return sum_dtype(Aval(dtype, ()))
    return float32


def summed(s: ScalarEmitter, state: tuple[Any], x: Any, place: Any) -> tuple[Any]:
    return (s.accumulate(state[0], s.convert(x, state[0].dtype)),)


def multiplied(s: ScalarEmitter, state: tuple[Any], x: Any, place: Any) -> tuple[Any]:
    return (s.mul(state[0], s.convert(x, state[0].dtype)),)


def starting_with(number: float) -> Any:
    def start(s: ScalarEmitter, dtype: DType) -> tuple[Any]:
        return (s.const(number, wide_dtype(dtype)),)

    return start


def first_of_state(s: ScalarEmitter, state: tuple[Any, ...], dtype: DType) -> Any:
    return s.convert(state[0], dtype)


SUM = Reduce(starting_with(0), summed, first_of_state, kinds="biufcV")
PROD = Reduce(starting_with(1), multiplied, first_of_state, kinds="biufcV")


def lowest(dtype: DType) -> Any:
    """What no number of this dtype is below."""
    return (np.iinfo(cast(Any, dtype)).min if dtype.kind in "iu" else False) if dtype.kind in "biu" else -np.inf


def highest(dtype: DType) -> Any:
    """What no number of this dtype is above."""
    return (np.iinfo(cast(Any, dtype)).max if dtype.kind in "iu" else True) if dtype.kind in "biu" else np.inf


def start_lowest(s: ScalarEmitter, dtype: DType) -> tuple[Any]:
    return (s.const(lowest(dtype), dtype),)


def start_highest(s: ScalarEmitter, dtype: DType) -> tuple[Any]:
    return (s.const(highest(dtype), dtype),)


def step_max(s: ScalarEmitter, state: tuple[Any], x: Any, place: Any) -> tuple[Any]:
    if x.dtype.kind in "biu":
        return (s.select(s.gt(x, state[0]), x, state[0]),)
    return (s.math("maximum", state[0], x),)


def step_min(s: ScalarEmitter, state: tuple[Any], x: Any, place: Any) -> tuple[Any]:
    if x.dtype.kind in "biu":
        return (s.select(s.lt(x, state[0]), x, state[0]),)
    return (s.math("minimum", state[0], x),)


MAX = Reduce(start_lowest, step_max, first_of_state, needs_elements=True)
MAX_OR_LOWEST = Reduce(start_lowest, step_max, first_of_state)
MIN = Reduce(start_highest, step_min, first_of_state, needs_elements=True)


def start_place(s: ScalarEmitter, dtype: DType) -> tuple[Any, Any]:
    return s.const(0, dtype), s.const(0, int64)


def step_place(compare: str) -> Any:
    """The first extreme element; the first NaN is more extreme than any number."""

    def step(s: ScalarEmitter, state: tuple[Any, Any], x: Any, place: Any) -> tuple[Any, Any]:
        best, at = state
        is_better = getattr(s, compare)(x, best)
        if x.dtype.kind not in "biu":
            is_better = s.bit_or(is_better, s.bit_and(s.ne(x, x), s.eq(best, best)))
        is_better = s.bit_or(is_better, s.eq(place, 0))
        return s.select(is_better, x, best), s.select(is_better, place, at)

    return step


def end_place(s: ScalarEmitter, state: tuple[Any, Any], dtype: DType) -> Any:
    return state[1]


ARGMAX = Reduce(start_place, step_place("gt"), end_place, needs_elements=True)
ARGMIN = Reduce(start_place, step_place("lt"), end_place, needs_elements=True)


def start_truth(value: bool) -> Any:
    def start(s: ScalarEmitter, dtype: DType) -> tuple[Any]:
        return (s.const(value, bool_),)

    return start


def step_any(s: ScalarEmitter, state: tuple[Any], x: Any, place: Any) -> tuple[Any]:
    return (s.bit_or(state[0], s.convert(x, bool_)),)


def step_all(s: ScalarEmitter, state: tuple[Any], x: Any, place: Any) -> tuple[Any]:
    return (s.bit_and(state[0], s.convert(x, bool_)),)


def start_count(s: ScalarEmitter, dtype: DType) -> tuple[Any]:
    return (s.const(0, int64),)


def step_count(s: ScalarEmitter, state: tuple[Any], x: Any, place: Any) -> tuple[Any]:
    return (s.add(state[0], s.convert(s.convert(x, bool_), int64)),)


ANY = Reduce(start_truth(False), step_any, first_of_state, kinds="biufcV")
ALL = Reduce(start_truth(True), step_all, first_of_state, kinds="biufcV")
COUNT = Reduce(start_count, step_count, first_of_state, kinds="biufcV")


def lower_sum_to(ct: Aval, x: Aval) -> Lowering:
    """Sums over the axes that `x` has not, or has with size 1 for certain; where only the run time knows, loops."""
    lead = ct.ndim - x.ndim
    unknown = [n != wanted and wanted != 1 for n, wanted in zip(ct.shape[lead:], x.shape, strict=True)]
    known = [n != wanted and wanted == 1 for n, wanted in zip(ct.shape[lead:], x.shape, strict=True)]
    return Loops(sum_to_loops) if any(unknown) and not (lead or any(known)) else Decomposed(sum_to_parts)


def sum_to_parts(b: Emitter[Any], ct: Any, x: Any) -> Any:
    """The sums that are certain; what is left is `sum_to` again."""
    lead = ct.ndim - x.ndim
    y = b.cast(b.sum(ct, axis=tuple(range(lead)), keepdims=False), dtype=ct.dtype) if lead else ct
    axes = tuple(i for i, (n, wanted) in enumerate(zip(y.shape, x.shape, strict=True)) if n != wanted and wanted == 1)
    if axes:
        y = b.cast(b.sum(y, axis=axes, keepdims=True), dtype=ct.dtype)
    return y if y.shape == x.shape else b.sum_to(y, x)


def sum_to_loops(e: LoopEmitter, ct: Any, x: Any) -> Any:
    """A copy where the sizes are the same; else the sum over axes of size 1."""
    have, sizes, dtype = e.sizes(ct), e.sizes(x), e.dtype(ct)
    y, same = e.buffer(dtype, sizes), e.const(True, bool_)
    for n, wanted in zip(have, sizes, strict=True):
        same = e.bit_and(same, e.eq(n, wanted))
    with e.when(same), each(e, sizes, parallel=True) as at:
        e.store(y, at, e.load(ct, at))
    with e.when(e.bit_not(same)), each(e, sizes) as at:
        total = e.variable(e.const(0, wide_dtype(dtype)))
        counts = [e.select(e.eq(n, wanted), 1, n) for n, wanted in zip(have, sizes, strict=True)]
        with each(e, counts) as more:
            element = e.load(ct, [e.add(i, j) for i, j in zip(at, more, strict=True)])
            total.set(e.accumulate(total.get(), e.convert(element, wide_dtype(dtype))))
        e.store(y, at, e.convert(total.get(), dtype))
    return y
