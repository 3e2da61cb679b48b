"""What a `while` loop only counts with: such an integer may be one of Python's, which is three times as fast."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graph.aval import Aval
from graph.dtypes import int64
from graph.ir.op import Graph, Op
from graph.ir.value import Value

COMPARISONS: Final = frozenset(["lt", "le", "gt", "ge", "eq", "ne"])
FARTHEST: Final = 1 << 62
LARGEST_STEP: Final = 1 << 10
"""From the one by the other it takes a thousand years to where an int64 ends."""


@dataclass(frozen=True, slots=True)
class Count:
    """A carried value of a loop, by its position. `values` are what stands for it in the regions, `limits` the
    parameters that it is compared with, by their positions."""

    position: int
    values: tuple[Value, ...]
    limits: Mapping[Value, int]


def counters(loop: Op, constants: Mapping[Value, Any]) -> list[Count]:
    """The counters of a `while_loop`: they begin at a constant, which `constants` has, grow by a constant, and are
    compared with constants and with what no trip changes, to decide on branches and on going on."""
    found = [_counter(loop, i, constants.get(loop.operands[i])) for i in range(len(loop.results))]
    return [counter for counter in found if counter is not None]


def _counter(loop: Op, position: int, start: Any) -> Count | None:
    if start is None or start.dtype != int64 or abs(int(start)) > FARTHEST:
        return None
    body = loop.regions[-1]
    following = _following(body, body.params[position])
    if following is None or body.results[position] is not following or _readers(body, following) != [None]:
        return None
    values, limits = [following], dict[Value, int]()
    for region in loop.regions:
        count = region.params[position]
        values.append(count)
        for reader in _readers(region, count):
            if reader is None or reader.regions:
                return None
            if following in reader.results:
                continue
            if reader.name not in COMPARISONS or not _decides(region, reader.result):
                return None
            for other in reader.operands:
                if other is not count and _number(region, other) is None:
                    at = region.params.index(other) if other in region.params else 0
                    if at < len(loop.results) or other.type != Aval(int64, ()):
                        return None
                    limits[other] = at
    return Count(position, tuple(values), limits)


def _following(body: Graph, count: Value) -> Value | None:
    """What is a constant more than the count."""
    for op in body.ops:
        if op.name == "add" and count in op.operands:
            other = op.operands[1] if op.operands[0] is count else op.operands[0]
            step = _number(body, other)
            if step is not None and abs(step) <= LARGEST_STEP and other is not count:
                return op.result
    return None


def _number(region: Graph, value: Value) -> int | None:
    """The value of an integer constant of a region."""
    for op in region.ops:
        if value in op.results:
            array: Any = op.attrs["value"] if op.name == "constant" else None
            return int(array) if array is not None and array.dtype == int64 and array.ndim == 0 else None
    return None


def _readers(region: Graph, value: Value) -> list[Op | None]:
    """The ops that read a value; None for each result of the region that it is."""
    found: list[Op | None] = [op for op in region.ops if value in op.operands]
    return found + [None for result in region.results if result is value]


def _decides(region: Graph, test: Value) -> bool:
    """Whether a flag is read by branches and by `while` alone."""
    readers = _readers(region, test)
    return all(
        region.name == "test" if op is None else op.name == "cond" and test not in op.operands[1:] for op in readers
    )
