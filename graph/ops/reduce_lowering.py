"""Reductions as native code: accumulators, what an element does to them, and what they become."""

from typing import Any, cast

import numpy as np

from graph.aval import Aval
from graph.dtypes import DType, bool_, float32, int64
from graph.ir.lowering import Reduce, ScalarEmitter
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
