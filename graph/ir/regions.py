"""Sibling regions, a cond's branches or a loop's test and body, take the same captured values in one order."""

from collections.abc import Sequence

from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.value import Value
from graph.ir.walk import uses


def close(
    builders: Sequence[GraphBuilder], results: Sequence[Sequence[Value]]
) -> tuple[tuple[Graph, ...], tuple[Value, ...]]:
    """Finish sibling regions so that each takes its own parameters and then the captures of all, in one order.

    Returns the graphs and the outer values that must be passed as the trailing operands.
    """
    lifted = [[b.lift(v) for v in values] for b, values in zip(builders, results, strict=True)]
    captured: list[dict[Value, Value]] = []
    for b in builders:
        assert b.parent is not None
        captured.append({b.parent.lift(value): param for value, param in b.captured().items()})
    outer = dict.fromkeys(value for inner in captured for value in inner)
    graphs: list[Graph] = []
    for b, values, inner in zip(builders, lifted, captured, strict=True):
        params = [inner.get(value) or Value(value.type, value.hint) for value in outer]
        graphs.append(Graph(b.name, (*b.params, *params), tuple(b.ops), tuple(values)))
    return tuple(graphs), tuple(outer)


def trimmed(regions: Sequence[Graph], operands: Sequence[Value]) -> tuple[tuple[Graph, ...], tuple[Value, ...]]:
    """Sibling regions without the parameters that none of them reads, and the operands for the others."""
    read = [uses(region) for region in regions]
    kept = [
        i for i in range(len(operands)) if any(region.params[i] in u for region, u in zip(regions, read, strict=True))
    ]
    graphs = tuple(Graph(r.name, tuple(r.params[i] for i in kept), r.ops, r.results) for r in regions)
    return graphs, tuple(operands[i] for i in kept)
