"""Loops that do not depend on each other, brought together so that they may run side by side.

They become one op, `side_by_side`, with a region for each. A loop is such a *piece* where it has no effect but that it
may fail, calls no Python, and is worth a thread: see `may_be_worth_it`. Whether it is, in the end, a run decides.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from graph.aval import Type
from graph.ir.lowering import BuiltIn
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, effect_of
from graph.ir.value import Value
from graph.ir.walk import rebuild, walk
from graph.schedule.work import largest_within, trips_of, usual_nanoseconds, work_of_op

FORK: Final = 100_000
"""Nanoseconds that a piece takes at least where its trips are known, at the latest when it is reached: to have it done
by another thread takes some 10, and up to 50 until that thread is awake."""
TRIP: Final = 10_000
"""Nanoseconds that a trip takes at least where nobody knows how many there will be."""
LEAST_TRIP: Final = 500
"""Nanoseconds that a trip takes at least where the number of trips is known when it is reached."""
LARGE: Final = 320_000
"""An op within a loop that takes so long has enough for all threads by itself."""
LOOPS: Final = ("while_loop", "for_loop")
FAILING: Final = frozenset(["check", "fail", "raise", "raise_again", "guard"])
"""Ops whose effect is that they may fail, or do."""


def side_by_side(graph: Graph, stays_native: Callable[[Op], bool]) -> Graph:
    """A scheduled graph, with its loops that may run side by side as one op each time, regions of branches and loops
    included. `stays_native` says whether an op without regions is native code."""
    ops = [_inner(op, stays_native) if op.name in ("cond", *LOOPS) else op for op in graph.ops]
    order, groups = _grouped(ops, stays_native)
    made = {members[0]: _joined([ops[i] for i in members]) for members in groups}
    return rebuild(graph, [made.get(i, ops[i]) for i in order])


def in_groups(graph: Graph, stays_native: Callable[[Op], bool]) -> set[Op]:
    """The loops of a block, regions aside, that may run beside others of it."""
    _, groups = _grouped(graph.ops, stays_native)
    return {graph.ops[i] for members in groups for i in members}


def _grouped(ops: Sequence[Op], stays_native: Callable[[Op], bool]) -> tuple[list[int], list[list[int]]]:
    """The order of ops, of each group the first alone; and the groups."""
    constants = {op.result: op for op in ops if op.name == "constant"}
    candidates = {i for i, op in enumerate(ops) if is_piece(op, stays_native) and may_be_worth_it(op, constants)}
    order = list(range(len(ops)))
    groups: list[list[int]] = []
    if len(candidates) < 2:
        return order, groups
    made_by = {v: i for i, op in enumerate(ops) for v in op.results}
    waits = [{made_by[v] for v in op.operands if v in made_by} for op in ops]
    for first in sorted(candidates):
        if first not in candidates:
            continue
        members, before = _group(order, first, candidates, ops, waits)
        candidates.difference_update(members)
        if len(members) > 1:
            start = order.index(first)
            moved = {*members, *before}
            order = [*order[:start], *before, first, *(i for i in order[start:] if i not in moved)]
            groups.append(members)
    return order, groups


def may_be_worth_it(op: Op, constants: dict[Value, Op]) -> bool:
    """Whether a loop may take long enough for a thread of its own, by its trips and the work of each."""
    trip = usual_nanoseconds(work_of_op(op))
    if op.name == "while_loop":
        return trip >= TRIP
    trips = trips_of(op, constants)
    return trip >= LEAST_TRIP if trips is None else trips * trip >= FORK


def _inner(op: Op, stays_native: Callable[[Op], bool]) -> Op:
    regions = tuple(side_by_side(region, stays_native) for region in op.regions)
    if all(a is b or a.ops == b.ops for a, b in zip(regions, op.regions, strict=True)):
        return op
    return Op(op.opdef, op.operands, op.results, op.attrs, regions, op.loc)


def is_piece(op: Op, stays_native: Callable[[Op], bool]) -> bool:
    """Whether a loop may run on another thread, and twice where it fails: it changes nothing that others see."""
    if op.name not in LOOPS:
        return False
    inside = [inner for region in op.regions for inner in walk(region)]
    if any(_is_seen(inner) or not (inner.regions or stays_native(inner)) for inner in inside):
        return False
    return largest_within(op).get((), 0.0) < LARGE


def _is_seen(op: Op) -> bool:
    """Whether more is seen of an op from outside than a failure; or it catches some, or runs deep into the stack."""
    if op.regions:
        return op.name == "attempt"
    return op.name == "call" or (effect_of(op) is Effect.ORDERED and op.name not in FAILING)


def _group(
    order: Sequence[int], first: int, candidates: set[int], ops: Sequence[Op], waits: Sequence[set[int]]
) -> tuple[list[int], list[int]]:
    """The pieces that may run beside the piece `first`, and the ops behind it that have to be before them.

    What fails or is seen from outside keeps its order: none of it may stand between pieces. A piece may go on for
    ever, so that it counts as what may fail.
    """
    start = order.index(first)
    members, before, waiting = [first], list[int](), {first}
    between: list[int] = []
    for i in order[start + 1 :]:
        if waits[i] & waiting:
            waiting.add(i)
        elif i in candidates:
            needed = _needed(i, waits, set(between))
            members.append(i)
            waiting.add(i)
            before += [j for j in between if j in needed]
            between = [j for j in between if j not in needed]
            continue
        else:
            between.append(i)
        if effect_of(ops[i]) is not Effect.PURE:
            break
    return members, before


def _needed(piece: int, waits: Sequence[set[int]], among: set[int]) -> set[int]:
    """Which of these ops a piece waits for, directly or through others."""
    found: set[int] = set()
    left = list(waits[piece])
    while left:
        i = left.pop()
        if i in among and i not in found:
            found.add(i)
            left.extend(waits[i])
    return found


def _joined(pieces: Sequence[Op]) -> Op:
    """The op that stands for pieces."""
    operands = list(dict.fromkeys(v for op in pieces for v in op.operands))
    places = {v: i for i, v in enumerate(operands)}
    own = [list(dict.fromkeys(op.operands)) for op in pieces]
    given = tuple(tuple(places[v] for v in values) for values in own)
    regions = [Graph("piece", tuple(values), (op,), op.results) for values, op in zip(own, pieces, strict=True)]
    results = tuple(v for op in pieces for v in op.results)
    return Op(SIDE_BY_SIDE, tuple(operands), results, {"given": given}, tuple(regions), pieces[0].loc)


def _infer(*types: Type, given: Any, regions: tuple[Graph, ...]) -> tuple[Type, ...]:
    return tuple(v.type for region in regions for v in region.results)


def _kernel(*operands: Any, given: tuple[tuple[int, ...], ...], regions: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x for region, own in zip(regions, given, strict=True) for x in region(*(operands[i] for i in own)))


SIDE_BY_SIDE: Final = OpDef(
    "side_by_side",
    infer=_infer,
    kernel=_kernel,
    vjp=NotDifferentiable("it is made when a graph is about to run"),
    promote=None,
    lower=BuiltIn(),
)
"""`side_by_side(*operands, given=...)`: the results of all regions, of which each takes the operands with the numbers
that `given` has for it. It belongs to no vocabulary: it is put into graphs that are about to run."""
