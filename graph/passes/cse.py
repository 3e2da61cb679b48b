"""Common subexpression elimination: of pure ops that compute the same, the first stays."""

from collections.abc import Hashable

from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.passes.nested import in_functions, renamed, replaced, with_body
from graph.passes.structure import attrs_key, graph_key


def cse(graph: Graph) -> Graph:
    """Merge pure ops of equal name, operands, attributes (arrays by value), types and region structure.

    Regions are closed, so each is treated by itself.
    """
    return in_functions(_cse(graph), _cse)


def _cse(graph: Graph) -> Graph:
    env: dict[Value, Value] = {}
    first: dict[Hashable, Op] = {}
    ops: list[Op] = []
    for old in graph.ops:
        op = replaced(old, operands=renamed(old.operands, env), regions=[_cse(r) for r in old.regions])
        if effect_of(op) is Effect.PURE and op.results:
            key = (
                op.name,
                op.operands,
                attrs_key(op),
                tuple(graph_key(region) for region in op.regions),
                tuple(v.type for v in op.results),
            )
            same = first.setdefault(key, op)
            if same is not op:
                env.update(zip(op.results, same.results, strict=True))
                continue
        ops.append(op)
    return with_body(graph, ops, renamed(graph.results, env))
