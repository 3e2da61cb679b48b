"""Distinct values: a region that stands in several places is copied, so that each value is defined once."""

from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.passes.nested import in_functions, renamed, replaced, with_body


def distinct_values(graph: Graph) -> Graph:
    """Give each place of a region values of its own. What is written down twice, as the backward half of a pullback
    that is called again, shares them, and passes and programs know what is found of a value by the value alone."""
    seen: set[Value] = set()
    return in_functions(_with_own(graph, seen), lambda function: _with_own(function, seen))


def _with_own(graph: Graph, seen: set[Value]) -> Graph:
    seen.update(graph.params)
    ops: list[Op] = []
    for op in graph.ops:
        seen.update(op.results)
        ops.append(replaced(op, regions=[_region(region, seen) for region in op.regions]) if op.regions else op)
    return with_body(graph, ops)


def _region(region: Graph, seen: set[Value]) -> Graph:
    defined = (*region.params, *(v for op in region.ops for v in op.results))
    if seen.isdisjoint(defined):
        return _with_own(region, seen)
    env = {v: Value(v.type, v.hint) for v in defined}
    ops = [replaced(op, operands=renamed(op.operands, env), results=renamed(op.results, env)) for op in region.ops]
    copy = Graph(region.name, renamed(region.params, env), tuple(ops), renamed(region.results, env))
    return _with_own(copy, seen)
