"""Which loops of a block are cut: those that take long enough, and whose lists need not be put together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from graph.aval import Aval, ListType
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of, ways_of
from graph.ir.parts import WHOLE, Part
from graph.ir.value import Value
from graph.schedule.cuts import Cut, cut_along
from graph.schedule.side_by_side import FORK, LOOPS, TRIP, in_groups, is_piece
from graph.schedule.work import trips_of, usual_nanoseconds, work_of_op

PARTS: Final = 2
LEAST_ROWS: Final = 16
"""Products of fewer rows run at half of the speed: see `loop_products.TALL`."""
LEAST_TRIP: Final = 2_000
"""Nanoseconds that a trip of a part takes at least where the number of trips is known when it is reached."""
SHARED: Final = 8
"""What all parts compute takes at most so much less time than what they share out."""
MOST_SEEDS: Final = 8
"""So many carried values are tried, the largest first."""


def chosen_cuts(graph: Graph, stays_native: Callable[[Op], bool]) -> dict[Op, Cut]:
    """The loops of a block, regions aside, that are split."""
    loops = [op for op in graph.ops if op.name in LOOPS and is_piece(op, stays_native)]
    if not loops:
        return {}
    constants = {op.result: op for op in graph.ops if op.name == "constant"}
    grouped = in_groups(graph, stays_native) if len(loops) > 1 else set[Op]()
    found: dict[Op, Cut] = {}
    for op in loops:
        if op not in grouped:
            cut = next((c for c in _possible(op) if _is_worth_it(c, constants)), None)
            if cut is not None:
                found[op] = cut
    return _with_lists(graph, found)


def _possible(op: Op) -> Iterator[Cut]:
    """The ways to cut a loop, along the axes of its largest values first."""
    tensors = [(v.type, i) for i, v in enumerate(op.results) if isinstance(v.type, Aval)]
    tensors.sort(key=lambda pair: -_elements(pair[0]))
    for t, i in tensors[:MOST_SEEDS]:
        for axis in range(t.ndim):
            cut = cut_along(op, i, axis)
            if cut is not None:
                yield cut


def _elements(t: Aval) -> int:
    total = 1
    for dim in t.shape:
        total *= dim if isinstance(dim, int) else 1
    return total


def _is_worth_it(cut: Cut, constants: dict[Value, Op]) -> bool:
    whole = shared = 0.0
    for op in cut.loop.regions[-1].ops:
        parts = [cut.needs[v] for v in op.results if v in cut.needs]
        if parts and parts[0] is not WHOLE:
            if not _is_large_enough(op, parts[0], cut.size):
                return False
            shared += usual_nanoseconds(work_of_op(op))
        elif parts or effect_of(op) is not Effect.PURE:
            whole += usual_nanoseconds(work_of_op(op))
    trip = whole + shared / PARTS
    if whole * SHARED > shared:
        return False
    if cut.loop.name == "while_loop":
        return trip >= TRIP
    trips = trips_of(cut.loop, constants)
    return trip >= LEAST_TRIP if trips is None else trips * trip >= FORK


def _is_large_enough(op: Op, part: Part, size: int) -> bool:
    """Whether half of a product runs as fast as the whole."""
    if op.name not in ("matmul", "add_matmul"):
        return True
    is_batch = isinstance(part, int) and part < op.result.ndim - 2
    return is_batch or size // PARTS >= LEAST_ROWS


def _with_lists(graph: Graph, cuts: dict[Op, Cut]) -> dict[Op, Cut]:
    """The loops that can be split although lists are never put together: a list is read in the parts that it has."""
    while True:
        lists = _Lists(graph, cuts)
        kept = {op: cut for op, cut in cuts.items() if lists.are_there(cut) and not lists.are_read_whole(cut)}
        if len(kept) == len(cuts):
            return kept
        cuts = kept


class _Lists:
    """Where the parts of lists are made and read."""

    def __init__(self, graph: Graph, cuts: Mapping[Op, Cut]) -> None:
        self.graph, self.cuts = graph, cuts
        self.made = {v: op for op in graph.ops for v in op.results}
        self.parts = {v: found for cut in cuts.values() for v, found in lists_of(cut).items()}

    def are_there(self, cut: Cut) -> bool:
        """Whether there are parts of the lists that a loop takes in parts."""
        pairs = zip(cut.loop.operands, taken(cut), strict=True)
        return all(self._is_there(v, part, cut.size) for v, part in pairs if isinstance(v.type, ListType))

    def _is_there(self, v: Value, part: Part, size: int) -> bool:
        if part is WHOLE or isinstance(v.type, Aval):
            return True
        if v in self.parts:
            return self.parts[v] == (part, size)
        op = self.made.get(v)
        if op is None or op.regions:
            return False
        ways = ways_of(op, part)[:1]
        return any(all(self._is_there(u, p, size) for u, p in zip(op.operands, way, strict=True)) for way in ways)

    def are_read_whole(self, cut: Cut) -> bool:
        """Whether a list that a loop makes in parts is needed otherwise."""
        lists = lists_of(cut)
        if any(v in lists for v in self.graph.results):
            return True
        readers = (op for op in self.graph.ops if any(v in lists for v in op.operands))
        return any(not self._reads_parts(op, cut.size) for op in readers)

    def _reads_parts(self, op: Op, size: int) -> bool:
        lists = {v: self.parts[v] for v in op.operands if v in self.parts}
        reader = self.cuts.get(op)
        if reader is None:
            return axis_of_result(op, lists) is not None
        return reader.size == size and _fits(op, tuple(taken(reader)), lists)


InParts = Mapping[Value, tuple[int, int]]
"""Lists that there are in parts only: the axis of their elements, and how many elements it has."""


def lists_of(cut: Cut) -> InParts:
    """The lists that the parts of a loop make parts of."""
    pairs = zip(cut.loop.results, cut.carried, strict=True)
    return {v: (p, cut.size) for v, p in pairs if isinstance(p, int) and not isinstance(v.type, Aval)}


def axis_of_result(op: Op, lists: InParts) -> int | None:
    """The axis of its result along which an op works on parts of lists alone: where its own parts are put together."""
    sizes = {size for _, size in lists.values()}
    if op.regions or len(op.results) != 1 or not isinstance(op.result.type, Aval) or len(sizes) != 1:
        return None
    axes = (axis for axis, dim in enumerate(op.result.shape) if dim in sizes)
    return next((axis for axis in axes if any(_fits(op, way, lists) for way in ways_of(op, axis)[:1])), None)


def _fits(op: Op, way: Sequence[Part], lists: InParts) -> bool:
    """Whether an op takes lists in the parts that there are of them."""
    return all(v not in lists or lists[v][0] == p for v, p in zip(op.operands, way, strict=True))


def taken(cut: Cut) -> list[Part]:
    """The parts of its operands that a part of a loop takes. What it does not read is whole."""
    first = cut.lead + len(cut.carried)
    captured = cut.loop.regions[-1].params[first:]
    return [*(WHOLE for _ in range(cut.lead)), *cut.carried, *(cut.needs.get(v, WHOLE) for v in captured)]
