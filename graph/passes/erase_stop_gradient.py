"""Removal of `stop_gradient`, which says nothing any more once a graph is only run."""

from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.passes.nested import in_functions, renamed, replaced, with_body


def erase_stop_gradient(graph: Graph) -> Graph:
    """Put operands in the place of `stop_gradient`. For a graph that is not differentiated after this."""
    return in_functions(_erased(graph), _erased)


def _erased(graph: Graph) -> Graph:
    env: dict[Value, Value] = {}
    ops: list[Op] = []
    for old in graph.ops:
        operands = renamed(old.operands, env)
        if old.name == "stop_gradient":
            env[old.results[0]] = operands[0]
        else:
            ops.append(replaced(old, operands=operands, regions=[_erased(region) for region in old.regions]))
    return with_body(graph, ops, renamed(graph.results, env))
