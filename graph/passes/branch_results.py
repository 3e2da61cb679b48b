"""Results of branches that no branch is needed for: a flag that is only set, a value that both sides hand on."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.passes.nested import has_regions, in_functions, renamed, replaced, visited, with_body


def branch_results(graph: Graph) -> Graph:
    """Replace results of `cond`: True on one side and False on the other are the predicate, or its negation, and what
    both sides got from outside is that. The branches lose these results."""
    return in_functions(_visit(graph), _visit)


def _visit(graph: Graph) -> Graph:
    if not has_regions(graph):
        return graph
    env: dict[Value, Value] = {}
    ops: list[Op] = []
    for old in graph.ops:
        op = visited(old, env, _visit)
        if op.name != "cond":
            ops.append(op)
            continue
        flags, kept = _flags(op), list[int]()
        for i, result in enumerate(op.results):
            same = _handed_on(op, i)
            if same is not None and same.type == result.type:
                env[result] = same
            elif flags[i] is True:
                env[result] = op.operands[0]
            elif flags[i] is False:
                ops.append(Op(lookup("logical_not"), (op.operands[0],), (result,), MappingProxyType({}), (), op.loc))
            else:
                kept.append(i)
        ops.append(op if len(kept) == len(op.results) else _with_results(op, kept))
    return with_body(graph, ops, renamed(graph.results, env))


def _flags(op: Op) -> list[bool | None]:
    """By result: True where it is the predicate, False where it is its negation."""
    then, other = (_truths(region) for region in op.regions)
    return [
        a if a is not None and b is not None and a is not b else None
        for a, b in (
            (then.get(x), other.get(y)) for x, y in zip(op.regions[0].results, op.regions[1].results, strict=True)
        )
    ]


def _truths(region: Graph) -> Mapping[Value, bool]:
    """Values of a region that are a 0-d True or False."""
    found: dict[Value, bool] = {}
    for op in region.ops:
        if op.name == "constant":
            array = np.asarray(op.attrs["value"])
            if array.dtype.kind == "b" and array.ndim == 0:
                found[op.result] = bool(array)
    return found


def _handed_on(op: Op, i: int) -> Value | None:
    """The operand that both branches yield as the result of that number."""
    sources: list[Value] = []
    for region in op.regions:
        operands = dict(zip(region.params, op.operands[1:], strict=True))
        source = operands.get(region.results[i])
        if source is None:
            return None
        sources.append(source)
    return sources[0] if sources[0] is sources[1] else None


def _with_results(op: Op, kept: list[int]) -> Op:
    regions = [
        Graph(region.name, region.params, region.ops, tuple(region.results[i] for i in kept)) for region in op.regions
    ]
    return replaced(op, results=[op.results[i] for i in kept], regions=regions)
