"""Removal of what is seen from outside, for what is computed a second time: derivatives of higher order."""

from typing import Final

from graph.ir.op import Graph
from graph.passes.nested import in_functions, replaced, with_body

SEEN: Final = ("print", "log_record", "check", "guard")


def erase_effects(graph: Graph) -> Graph:
    """Drop prints, and checks, which have passed. For a graph that is run on values on which it was run before."""
    return in_functions(_erased(graph), _erased)


def _erased(graph: Graph) -> Graph:
    ops = [
        replaced(op, operands=op.operands, regions=[_erased(region) for region in op.regions])
        for op in graph.ops
        if op.name not in SEEN
    ]
    return with_body(graph, ops, graph.results)
