"""Code sinking: what only one branch of a `cond` reads is computed in that branch, and so only where it is taken.

Gradients need it too. A value that the taken branch does not read gets the cotangent zero, and where its own derivative
is infinite that makes a NaN: plain Python, which never got to the branch that reads it, has none.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.ir.walk import uses
from graph.passes.licm import may_move
from graph.passes.nested import has_regions, in_functions, renamed, replaced, with_body

MOST_NESTED: Final = 16
"""How deep ops with regions are put into branches of one another. A variable that hundreds of `if`s set in turn would
nest as many, each pass would recurse as deep, and for gradients each branch hands on what all within it have kept: with
64 the gradient of 50 takes three times as long to compile."""


class Branch(NamedTuple):
    """A branch of a `cond` that stands in the block."""

    cond: Op
    which: int


def sink(graph: Graph) -> Graph:
    """Move pure ops whose results one branch of one `cond` reads, and nothing else, into that branch; outer first.

    Constants go along, or a copy of them. Ops that can fail or are seen from outside stay, and loops that may not end.
    Nothing is moved into or out of loops.
    """
    return in_functions(_sink(graph), _sink)


def _sink(graph: Graph) -> Graph:
    if not has_regions(graph):
        return graph
    targets = _targets(graph)
    moved: dict[Op, list[list[Op]]] = {branch.cond: [[], []] for branch in targets.values()}
    constants = {op.results[0]: op for op in graph.ops if op.name == "constant"}
    ops: list[Op] = []
    for op in graph.ops:
        target = targets.get(op)
        if target is not None:
            moved[target.cond][target.which].append(op)
        else:
            op = _with_moved(op, moved[op], constants) if op in moved else op
            ops.append(replaced(op, regions=[_sink(r) for r in op.regions]))
    return with_body(graph, ops)


def _targets(graph: Graph) -> dict[Op, Branch]:
    """The branch that each op that moves goes to."""
    readers: dict[Value, set[Branch | None]] = {v: {None} for v in graph.results}
    targets: dict[Op, Branch] = {}
    depths: dict[Value, int] = {}
    """How many branches there will be around what reads a value, counted from its target."""
    for op in reversed(graph.ops):
        places = {place for v in op.results for place in readers.get(v, ())}
        target = places.pop() if len(places) == 1 else None
        depth = max((depths.get(v, 0) for v in op.results), default=0)
        if target is not None and may_move(op) and (depth <= MOST_NESTED or not op.regions):
            targets[op] = target
        else:
            target, depth = None, 0
        for v, read in _read_by(op).items():
            depths[v] = max(depths.get(v, 0), depth + (None not in read))
            readers.setdefault(v, set()).update([target] if target is not None else read)
    return targets


def _read_by(op: Op) -> Mapping[Value, set[Branch | None]]:
    """The branches of an op that read its operands; None for the op itself, and for all that does not move."""
    if op.name != "cond":
        return {v: {None} for v in op.operands}
    found: dict[Value, set[Branch | None]] = {op.operands[0]: {None}}
    read = [uses(region) for region in op.regions]
    for i, v in enumerate(op.operands[1:]):
        params = [region.params[i] for region in op.regions]
        places = [Branch(op, k) if p.type == v.type else None for k, p in enumerate(params) if p in read[k]]
        is_twice = v in found
        found.setdefault(v, set()).update(places if places and not is_twice else [None])  # passed in is read too
    return found


def _with_moved(op: Op, moved: Sequence[Sequence[Op]], constants: Mapping[Value, Op]) -> Op:
    """The `cond` with more ops at the start of its branches: their results take the place of what was passed in."""
    made = {v for ops in moved for inner in ops for v in inner.results}
    kept = [i for i, v in enumerate(op.operands) if i == 0 or v not in made]
    known = {op.operands[i] for i in kept[1:] if all(r.params[i - 1].type == op.operands[i].type for r in op.regions)}
    read = dict.fromkeys(v for ops in moved for inner in ops for v in inner.operands)
    more = [v for v in read if v not in made and v not in known and v not in constants]
    regions: list[Graph] = []
    for region, ops in zip(op.regions, moved, strict=True):
        inside = dict(zip(op.operands[1:], region.params, strict=True))
        added = [Value(v.type, v.hint) for v in more]
        inside.update(zip(more, added, strict=True))  # also where a branch takes a value as one of any size
        needed = dict.fromkeys(v for inner in ops for v in inner.operands)
        copies = [constants[v] for v in needed if v in constants and v not in inside and v not in made]
        first: list[Op] = []
        for inner in (*copies, *ops):
            results = [inside.setdefault(v, Value(v.type, v.hint)) for v in inner.results]
            first.append(replaced(inner, operands=renamed(inner.operands, inside), results=results))
        params = (*(region.params[i - 1] for i in kept[1:]), *added)
        regions.append(Graph(region.name, params, (*first, *region.ops), region.results))
    return replaced(op, operands=[*(op.operands[i] for i in kept), *more], regions=regions)
