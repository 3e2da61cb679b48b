"""Common subexpression elimination: of ops that compute the same, or check the same, the first stays."""

from collections.abc import Hashable

from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.passes.nested import in_functions, once, renamed, visited, with_body
from graph.passes.structure import are_equal, attr_key, attrs_key


def cse(graph: Graph) -> Graph:
    """Merge ops of equal name, operands, attributes (arrays by value), types and region structure.

    Ops that can fail are merged too: where the first has not, the second would not. So are checks and guards that ask
    of the same values what an earlier one asked. Regions are closed, so each is treated by itself.
    """
    return in_functions(_cse(graph), _cse)


@once
def _cse(graph: Graph) -> Graph:
    env: dict[Value, Value] = {}
    first: dict[Hashable, list[Op]] = {}
    ops: list[Op] = []
    for old in graph.ops:
        op = visited(old, env, _cse)
        key = _key(op)
        if key is not None:
            alike = first.setdefault(key, [])
            same = next((other for other in alike if _have_equal_regions(op, other)), None)
            if same is None:
                alike.append(op)
            elif all(a.type == b.type for a, b in zip(op.results, same.results, strict=True)):
                env.update(zip(op.results, same.results, strict=True))
                continue
        ops.append(op)
    return with_body(graph, ops, renamed(graph.results, env))


def _key(op: Op) -> Hashable:
    """Equal for ops of which one is enough, where their regions are equal too; None for those that must all stay."""
    name = op.name
    match name:
        case "check":
            return name, op.operands[0]  # the message of a check that holds is not read
        case "guard":
            return name, op.operands, attr_key(op.attrs["kind"]), attr_key(op.attrs["expected"])
        case _ if effect_of(op) is Effect.ORDERED or not op.results:
            return None
        case _:
            # Types follow from the rest, but for the names of sizes.
            return name, op.operands, attrs_key(op)


def _have_equal_regions(op: Op, other: Op) -> bool:
    return len(op.regions) == len(other.regions) and all(map(are_equal, op.regions, other.regions))
