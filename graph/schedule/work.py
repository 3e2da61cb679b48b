"""What graphs cost: nanoseconds, as sums of terms each of which is a number times sizes that only a run knows.

Estimates are low rather than high: of two branches the cheaper one counts, and of loops whose trips nobody knows one
trip.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from graph.aval import Aval, SymDim
from graph.dtypes import DType
from graph.ir.lowering import Elementwise, Gather, Generate, Loops, Reduce
from graph.ir.op import Graph, Op
from graph.ir.opdef import lowering_of
from graph.ir.value import Value
from graph.ir.walk import walk

Work = Mapping[tuple[SymDim, ...], float]
"""Nanoseconds: for each product of sizes, how often it counts. () stands for no sizes."""

INSTRUCTION: Final = 0.0125
"""Nanoseconds for an instruction on a byte, in vectors."""
MULTIPLICATION: Final = 0.0075
"""Nanoseconds for a multiplication and an addition in a product of matrices, for each byte of the dtype."""
NUMBER: Final = 0.5
"""Nanoseconds for an operation on one number."""
USUAL_SIZE: Final = 256
"""What a size is taken for that nobody knows."""


def work_of(graph: Graph) -> Work:
    """What the ops of a graph cost together."""
    constants = {op.result: op for op in graph.ops if op.name == "constant"}
    total: dict[tuple[SymDim, ...], float] = {}
    for op in graph.ops:
        times = 1
        if op.name == "for_loop":
            known = trips_of(op, constants)
            times = 1 if known is None else known
        for sizes, count in work_of_op(op).items():
            total[sizes] = total.get(sizes, 0.0) + count * times
    return total


def trips_of(op: Op, constants: Mapping[Value, Op]) -> int | None:
    """How many trips a `for_loop` makes, where its number is one of these constants."""
    found = constants.get(op.operands[0])
    number = None if found is None else found.attrs["value"]
    return max(0, int(number)) if isinstance(number, np.ndarray) else None


def work_of_op(op: Op) -> Work:
    """What an op costs; of a loop, a trip."""
    if op.regions:
        inside = [work_of(region) for region in op.regions]
        if op.name == "cond":
            return min(inside, key=lambda work: nanoseconds(work, _usual))
        return {sizes: sum(w.get(sizes, 0.0) for w in inside) for work in inside for sizes in work}
    if op.name in ("matmul", "add_matmul"):
        (*_, a, _) = op.operands
        return _times(op.result, MULTIPLICATION * op.result.dtype.itemsize, a.aval.shape[-1:])
    match lowering_of(op):
        case Elementwise(cost=cost) | Gather(cost=cost):
            return _times(op.result, _each(op.result.dtype) * cost)
        case Generate() | Loops():
            return _add([_times(v, _each(v.dtype)) for v in op.results if isinstance(v.type, Aval)])
        case Reduce():
            return _times(op.operands[0], _each(op.operands[0].dtype))
        case _:
            return {}


def largest_within(op: Op) -> Work:
    """For each product of sizes, the most of it that an op within the regions of this one costs."""
    found: dict[tuple[SymDim, ...], float] = {}
    for region in op.regions:
        for inner in walk(region):
            for sizes, count in () if inner.regions else work_of_op(inner).items():
                found[sizes] = max(count, found.get(sizes, 0.0))
    return found


def nanoseconds(work: Work, size: Callable[[SymDim], int]) -> float:
    """The sum, for sizes that are known."""
    total = 0.0
    for sizes, count in work.items():
        for dim in sizes:
            count *= size(dim)
        total += count
    return total


def usual_nanoseconds(work: Work) -> float:
    """The sum, where nothing is known of the sizes."""
    return nanoseconds(work, _usual)


def _usual(dim: SymDim) -> int:
    return USUAL_SIZE


def _each(dtype: DType) -> float:
    return INSTRUCTION * max(dtype.itemsize, 4)


def _times(v: Value, nanoseconds: float, more: tuple[int | SymDim, ...] = ()) -> Work:
    """So much for each element of a tensor, times further sizes."""
    names: list[SymDim] = []
    for dim in (*v.aval.shape, *more):
        if isinstance(dim, int):
            nanoseconds *= dim
        else:
            names.append(dim)
    return {tuple(sorted(names, key=str)): max(nanoseconds, NUMBER) if not names else nanoseconds}


def _add(parts: list[Work]) -> Work:
    return {sizes: sum(p.get(sizes, 0.0) for p in parts) for part in parts for sizes in part}
