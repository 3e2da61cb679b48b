"""Carried values of loops that no trip changes: they are captured instead."""

from collections.abc import Sequence
from types import MappingProxyType

from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.passes.nested import has_regions, in_functions, renamed, replaced, visited, with_body


def invariant_carried(graph: Graph) -> Graph:
    """Turn carried values that the body yields as it got them into captured values; their results are the operands."""
    return in_functions(_visit(graph), _visit)


def _visit(graph: Graph) -> Graph:
    if not has_regions(graph):
        return graph
    env: dict[Value, Value] = {}
    ops: list[Op] = []
    for old in graph.ops:
        op = visited(old, env, _visit)
        lead = {"while_loop": 0, "for_loop": 1}.get(op.name)
        if lead is None:
            ops.append(op)
            continue
        still = _unchanged(op, lead)
        for i in still:
            env[op.results[i]] = op.operands[lead + i]
        ops.append(_captured(op, lead, still) if still else op)
    return with_body(graph, ops, renamed(graph.results, env))


def _unchanged(op: Op, lead: int) -> list[int]:
    """Carried values that stay, and whose parameter has the type of the operand: its sizes stay too."""
    body = op.regions[-1]
    return [
        i
        for i, result in enumerate(body.results)
        if result is body.params[lead + i] and result.type == op.operands[lead + i].type
    ]


def _captured(op: Op, lead: int, still: Sequence[int]) -> Op:
    moved = [lead + i for i in still]
    count = len(op.results)
    order = [i for i in range(len(op.operands)) if i not in moved]
    order = [*order[: lead + count - len(moved)], *moved, *order[lead + count - len(moved) :]]
    kept = [i for i in range(count) if i not in still]
    regions = [
        Graph(
            region.name,
            tuple(region.params[i] for i in order),
            region.ops,
            tuple(region.results[i] for i in kept) if region is op.regions[-1] else region.results,
        )
        for region in op.regions
    ]
    return replaced(
        op,
        operands=[op.operands[i] for i in order],
        results=[op.results[i] for i in kept],
        attrs=MappingProxyType({**op.attrs, "carried": len(kept)}),
        regions=regions,
    )
