"""Traversal and copying of graphs: what passes and autodiff share."""

from collections.abc import Iterator, Mapping, Sequence

from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.value import Value


def walk(graph: Graph) -> Iterator[Op]:
    """Every op, regions included, outer before inner."""
    for op in graph.ops:
        yield op
        for region in op.regions:
            yield from walk(region)


def uses(graph: Graph) -> dict[Value, int]:
    """How often each value of this graph (not of its regions) is read, results included."""
    counts: dict[Value, int] = {}
    for op in graph.ops:
        for value in op.operands:
            counts[value] = counts.get(value, 0) + 1
    for value in graph.results:
        counts[value] = counts.get(value, 0) + 1
    return counts


def copy_op(b: GraphBuilder, op: Op, env: dict[Value, Value], regions: tuple[Graph, ...] | None = None) -> None:
    """Append `op` to `b` with operands renamed by `env`, and extend `env` by its results."""
    b.loc = op.loc
    results = b.append(
        op.opdef,
        [env[v] for v in op.operands],
        op.attrs,
        op.regions if regions is None else regions,
        [v.type for v in op.results],
    )
    env.update(zip(op.results, results, strict=True))


def inline(b: GraphBuilder, graph: Graph, arguments: Sequence[Value]) -> tuple[Value, ...]:
    """Append a copy of the graph's ops to `b`, its parameters replaced by `arguments`; returns its results."""
    env: dict[Value, Value] = dict(zip(graph.params, arguments, strict=True))
    for op in graph.ops:
        copy_op(b, op, env)
    return tuple(env[v] for v in graph.results)


def rebuild(
    graph: Graph,
    ops: Sequence[Op],
    renamed: Mapping[Value, Value] | None = None,
) -> Graph:
    """`graph` with other ops; operands and results renamed. For passes that drop, merge or reorder."""
    if not renamed:
        return Graph(graph.name, graph.params, tuple(ops), graph.results, graph.functions)
    new_ops = tuple(
        op
        if not any(v in renamed for v in op.operands)
        else Op(op.opdef, tuple(renamed.get(v, v) for v in op.operands), op.results, op.attrs, op.regions, op.loc)
        for op in ops
    )
    return Graph(graph.name, graph.params, new_ops, tuple(renamed.get(v, v) for v in graph.results), graph.functions)
