"""Ops that declare a decomposition become the ops that it is made of, in regions and functions too."""

from typing import cast

from graph.ir.builder import GraphBuilder
from graph.ir.lowering import Choose, Decomposed
from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.passes.nested import in_functions, replaced, with_body


def decompose(graph: Graph) -> Graph:
    """`graph` without ops whose lowering is `Decomposed`; itself where there are none.

    What they raise when run, they raise as the ops that they become.
    """
    return in_functions(_decomposed(graph), _decomposed)


def _rule(op: Op) -> Decomposed | None:
    lowering = op.opdef.lower
    while isinstance(lowering, Choose):
        lowering = lowering.rule(*(v.type for v in op.operands), **op.attrs)
    return lowering if isinstance(lowering, Decomposed) else None


def _decomposed(graph: Graph) -> Graph:
    if not any(_rule(op) for op in walk(graph)):
        return graph
    env: dict[Value, Value] = {}
    ops: list[Op] = []
    for op in graph.ops:
        operands = [env.get(v, v) for v in op.operands]
        regions = [_decomposed(region) for region in op.regions]
        rule = _rule(op)
        if rule is None:
            ops.append(replaced(op, operands=operands, regions=regions))
            continue
        part, results = parts_of_op(graph, replaced(op, operands=operands), rule)
        ops.extend(_decomposed(part).ops if any(_rule(o) for o in part.ops) else part.ops)
        env.update(zip(op.results, results, strict=True))
    return with_body(graph, ops, [env.get(v, v) for v in graph.results])


def parts_of_op(graph: Graph, op: Op, rule: Decomposed) -> tuple[Graph, tuple[Value, ...]]:
    """The ops that stand for one of `graph`, over the very values of its operands, and what replaces its results."""
    b = GraphBuilder(op.name)
    b.avoid_sizes_of(graph)
    b.loc = op.loc
    for v in op.operands:
        b.producer[v] = None
    made = rule.rule(b, *op.operands, **op.attrs)
    results = cast("tuple[Value, ...]", made) if isinstance(made, tuple) else (cast(Value, made),)
    return Graph(op.name, tuple(op.operands), tuple(b.ops), results), results
