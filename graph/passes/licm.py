"""Loop-invariant code motion: pure ops on what a loop captures are computed once, before it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.passes.nested import has_regions, in_functions, replaced, with_body

CHEAP: Final = frozenset(
    [
        "constant",
        "full",
        "broadcast_to",
        "reshape",
        "transpose",
        "expand_dims",
        "squeeze",
        "dim",
        "iota",
        "none",
        "some",
        "narrow",
    ]
)
"""Ops that are not worth a value that lives through the whole loop: moved only when something that is needs them."""
MAY_NOT_END: Final = frozenset(["while_loop", "call"])


IsWorth = Callable[[Op, Graph], bool]
"""Whether an op of a region is worth being moved out of it."""


def licm(graph: Graph) -> Graph:
    """Move pure ops whose operands no trip changes out of loops, from tests and bodies, innermost loops first.

    Ops that can fail or are seen from outside stay, and loops that may not end. Moved ops run even where the loop makes
    no trip, which nobody can see. `unwrap` stays too: what it gives of nothing, where no run gets, is nothing that
    other ops could compute with.
    """
    return moved_out(graph, lambda op, region: op.name not in CHEAP)


def moved_out(graph: Graph, is_worth: IsWorth) -> Graph:
    """`licm` for the ops that are worth it, and what these need."""

    def visit(part: Graph) -> Graph:
        return _licm(part, is_worth)

    return in_functions(visit(graph), visit)


def _licm(graph: Graph, is_worth: IsWorth) -> Graph:
    if not has_regions(graph):
        return graph
    ops: list[Op] = []
    for old in graph.ops:
        op = replaced(old, regions=[_licm(r, is_worth) for r in old.regions]) if old.regions else old
        if op.name in ("while_loop", "for_loop"):
            ops.extend(_hoisted(op, is_worth))
        else:
            ops.append(op)
    return with_body(graph, ops)


@dataclass(slots=True)
class _Motion:
    """Ops of one region that move before the loop."""

    moved: list[Op] = field(default_factory=list[Op])
    stay: list[Op] = field(default_factory=list[Op])
    captures: dict[Value, Value] = field(default_factory=dict[Value, Value])
    """Results of moved ops that the region still reads: outer value -> the value that was, and becomes a parameter."""


def _hoisted(op: Op, is_worth: IsWorth) -> list[Op]:
    """The ops that move out of a loop, and then the loop."""
    lead = 1 if op.name == "for_loop" else 0
    first = lead + len(op.results)
    motions = [
        _plan(region, dict(zip(region.params[first:], op.operands[first:], strict=True)), is_worth)
        for region in op.regions
    ]
    if not any(motion.moved for motion in motions):
        return [op]
    outer = list(dict.fromkeys(v for motion in motions for v in motion.captures))
    regions: list[Graph] = []
    for region, motion in zip(op.regions, motions, strict=True):
        params = [motion.captures.get(v) or Value(v.type, v.hint) for v in outer]
        regions.append(Graph(region.name, (*region.params, *params), tuple(motion.stay), region.results))
    moved = [inner for motion in motions for inner in motion.moved]
    return [*moved, replaced(op, operands=(*op.operands, *outer), regions=regions)]


def _plan(region: Graph, outside: Mapping[Value, Value], is_worth: IsWorth) -> _Motion:
    """`outside` gives the outer values of the parameters that no trip changes."""
    invariant = set(outside)
    candidates: dict[Value, Op] = {}
    for op in region.ops:
        if all(v in invariant for v in op.operands) and may_move(op) and op.name != "unwrap":
            invariant.update(op.results)
            candidates.update(dict.fromkeys(op.results, op))
    chosen: set[Op] = set()
    pending = [op for op in dict.fromkeys(candidates.values()) if is_worth(op, region)]
    while pending:
        op = pending.pop()
        if op not in chosen:
            chosen.add(op)
            pending.extend(candidates[v] for v in op.operands if v in candidates)
    return _split(region, outside, chosen)


def _split(region: Graph, outside: Mapping[Value, Value], chosen: set[Op]) -> _Motion:
    motion = _Motion()
    env = dict(outside)
    for op in region.ops:
        if op not in chosen:
            motion.stay.append(op)
            continue
        if op.name == "constant":
            motion.stay.append(op)  # the region keeps its own: it is free
        results = tuple(Value(v.type, v.hint) for v in op.results)
        motion.moved.append(replaced(op, operands=[env[v] for v in op.operands], results=results))
        env.update(zip(op.results, results, strict=True))
    read = {v for op in motion.stay for v in op.operands}.union(region.results)
    made = {v for op in motion.stay for v in op.results}
    for op in region.ops:
        if op in chosen:
            motion.captures.update({env[v]: v for v in op.results if v in read and v not in made})
    return motion


def may_move(op: Op) -> bool:
    """Whether nobody can see when, and how often, an op is run."""
    if effect_of(op) is not Effect.PURE or not op.results or op.name in MAY_NOT_END:
        return False
    return not any(inner.name in MAY_NOT_END for region in op.regions for inner in walk(region))
