"""Removal of what is seen from outside, for what is computed a second time: derivatives of higher order."""

from collections.abc import Collection

from graph.ir.op import Graph
from graph.ir.opdef import Again
from graph.ir.walk import walk
from graph.passes.nested import in_functions, replaced, with_body


def erase_effects(graph: Graph) -> Graph:
    """Drop prints, and checks, which have passed. For a graph that is run on values on which it was run before."""
    catches = any(op.name == "attempt" for part in (graph, *graph.functions.values()) for op in walk(part))
    left_out = (Again.SHOWN,) if catches else (Again.SHOWN, Again.PASSED)

    def erased(part: Graph) -> Graph:
        return _without(part, left_out)

    return in_functions(erased(graph), erased)


def erase_shown(graph: Graph) -> Graph:
    """Drop prints and log records: what is seen of a run that is made to look at its results."""

    def erased(part: Graph) -> Graph:
        return _without(part, (Again.SHOWN,))

    return in_functions(erased(graph), erased)


def _without(graph: Graph, left_out: Collection[Again]) -> Graph:
    ops = [
        replaced(op, operands=op.operands, regions=[_without(region, left_out) for region in op.regions])
        for op in graph.ops
        if op.opdef.again not in left_out
    ]
    return with_body(graph, ops, graph.results)
