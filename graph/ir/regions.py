"""Closing sibling regions: the builders of a cond's branches or a loop's test and body get the same captures."""

from collections.abc import Sequence

from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.value import Value


def close(builders: Sequence[GraphBuilder], results: Sequence[Sequence[Value]]) -> tuple[tuple[Graph, ...], tuple[Value, ...]]:
    """Finish sibling regions so that each takes its own parameters and then the captures of all, in one order.

    Returns the graphs and the outer values that must be passed as the trailing operands.
    """
    lifted = [[b.lift(v) for v in values] for b, values in zip(builders, results, strict=True)]
    outer: dict[Value, None] = {}
    for b in builders:
        assert b.parent is not None
        for value in b.captured():
            outer.setdefault(b.parent.lift(value))
    graphs: list[Graph] = []
    for b, values in zip(builders, lifted, strict=True):
        assert b.parent is not None
        inner = {b.parent.lift(value): param for value, param in b.captured().items()}
        params = [inner.get(value) or Value(value.type, value.hint) for value in outer]
        graphs.append(Graph(b.name, (*b.params, *params), tuple(b.ops), tuple(values)))
    return tuple(graphs), tuple(outer)
