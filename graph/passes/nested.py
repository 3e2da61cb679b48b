"""Applying a pass to regions and functions, and copying ops within a graph: what passes share."""

from collections.abc import Callable, Hashable, Mapping, Sequence

from graph.ir.op import Attrs, Graph, Op
from graph.ir.value import Value
from graph.ir.walk import walk

Pass = Callable[[Graph], Graph]


def replaced(
    op: Op,
    *,
    operands: Sequence[Value] | None = None,
    results: Sequence[Value] | None = None,
    attrs: Attrs | None = None,
    regions: Sequence[Graph] | None = None,
) -> Op:
    """`op` with some of its parts replaced; itself when nothing changes."""
    new = (
        op.operands if operands is None else tuple(operands),
        op.results if results is None else tuple(results),
        op.attrs if attrs is None else attrs,
        op.regions if regions is None else tuple(regions),
    )
    # Values and graphs are equal where they are the same.
    if new[0] == op.operands and new[1] == op.results and new[2] is op.attrs and new[3] == op.regions:
        return op
    return Op(op.opdef, *new, op.loc)


def visited(op: Op, env: Mapping[Value, Value], visit: Pass) -> Op:
    """`op` with its operands under a renaming, and `visit` done to its regions."""
    if not env and not op.regions:
        return op
    return replaced(op, operands=renamed(op.operands, env), regions=[visit(region) for region in op.regions])


def with_body(graph: Graph, ops: Sequence[Op], results: Sequence[Value] | None = None) -> Graph:
    """`graph` with other ops, and other results where given; parameters and functions stay."""
    new, yields = tuple(ops), graph.results if results is None else tuple(results)
    if new == graph.ops and yields == graph.results:
        return graph
    return Graph(graph.name, graph.params, new, yields, graph.functions)


def has_regions(graph: Graph) -> bool:
    """Whether an op of the graph owns regions."""
    return any(op.regions for op in graph.ops)


def settle(graph: Graph, visit: Hashable) -> None:
    """Note that a pass leaves a graph as it is, functions aside."""
    object.__setattr__(graph, "settled", (*graph.settled, visit))  # a fact of what is frozen, found late


def once(visit: Pass) -> Pass:
    """`visit`, which looks at one block and its regions, done to no block again that it left as it was."""

    def visit_once(graph: Graph) -> Graph:
        if visit in graph.settled:
            return graph
        result = visit(graph)
        if result is graph:
            settle(graph, visit)
        return result

    return visit_once


def in_functions(graph: Graph, apply: Pass) -> Graph:
    """`graph` with `apply` done to its functions."""
    if not graph.functions:
        return graph
    functions = {name: apply(function) for name, function in graph.functions.items()}
    return Graph(graph.name, graph.params, graph.ops, graph.results, functions)


def renamed(values: Sequence[Value], env: Mapping[Value, Value]) -> tuple[Value, ...]:
    """The values under a renaming; those it does not name stay."""
    return tuple([env.get(v, v) for v in values]) if env else tuple(values)


def copied_ops(graph: Graph, arguments: Sequence[Value]) -> tuple[list[Op], tuple[Value, ...]]:
    """The ops of a graph with new results, its parameters replaced by `arguments`; and what it yields then."""
    env: dict[Value, Value] = dict(zip(graph.params, arguments, strict=True))
    ops: list[Op] = []
    for op in graph.ops:
        results = tuple(Value(v.type, v.hint) for v in op.results)
        ops.append(replaced(op, operands=renamed(op.operands, env), results=results, regions=map_copy(op.regions)))
        env.update(zip(op.results, results, strict=True))
    return ops, renamed(graph.results, env)


def map_copy(regions: Sequence[Graph]) -> tuple[Graph, ...]:
    """Copies of regions, with values of their own."""
    return tuple(copied(region) for region in regions)


def copied(graph: Graph) -> Graph:
    """A copy of a graph with values of its own, regions included."""
    params = tuple(Value(p.type, p.hint) for p in graph.params)
    ops, results = copied_ops(graph, params)
    return Graph(graph.name, params, tuple(ops), results, graph.functions)


def without_sharing(graph: Graph) -> Graph:
    """`graph` so that no region, op or value stands in two places; itself when that is so already."""
    seen: set[Op] = set()
    params: set[Value] = set()
    count = param_count = 0
    for outer in (graph, *graph.functions.values()):
        for region in (outer, *(r for op in walk(outer) for r in op.regions)):
            params.update(region.params)
            param_count += len(region.params)
        for op in walk(outer):
            seen.add(op)
            count += 1
    if count == len(seen) and param_count == len(params):
        return graph
    return in_functions(copied(graph), copied)
