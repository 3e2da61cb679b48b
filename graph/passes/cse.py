"""Common subexpression elimination: of ops that compute the same, or check the same, the first stays."""

from collections.abc import Hashable

from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.passes.nested import in_functions, renamed, replaced, with_body
from graph.passes.structure import attr_key, attrs_key, graph_key


def cse(graph: Graph) -> Graph:
    """Merge ops of equal name, operands, attributes (arrays by value), types and region structure.

    Ops that can fail are merged too: where the first has not, the second would not. So are checks and guards that ask
    of the same values what an earlier one asked. Regions are closed, so each is treated by itself.
    """
    return in_functions(_cse(graph), _cse)


def _cse(graph: Graph) -> Graph:
    env: dict[Value, Value] = {}
    first: dict[Hashable, Op] = {}
    ops: list[Op] = []
    for old in graph.ops:
        op = replaced(old, operands=renamed(old.operands, env), regions=[_cse(r) for r in old.regions])
        key = _key(op)
        if key is not None:
            same = first.setdefault(key, op)
            if same is not op and all(a.type == b.type for a, b in zip(op.results, same.results, strict=True)):
                env.update(zip(op.results, same.results, strict=True))
                continue
        ops.append(op)
    return with_body(graph, ops, renamed(graph.results, env))


def _key(op: Op) -> Hashable:
    """Equal for ops of which one is enough; None for those that must all stay."""
    match op.name:
        case "check":
            return op.name, op.operands[0]  # the message of a check that holds is not read
        case "guard":
            return op.name, op.operands, attr_key(op.attrs["kind"]), attr_key(op.attrs["expected"])
        case _ if effect_of(op) is Effect.ORDERED or not op.results:
            return None
        case _:
            # Types follow from the rest, but for the names of sizes.
            regions = tuple([graph_key(region) for region in op.regions]) if op.regions else ()
            return op.name, op.operands, attrs_key(op), regions
