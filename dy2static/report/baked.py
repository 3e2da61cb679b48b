"""What a trace would give if it did not check its decisions: other tracers' silent answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.execute.interpreter import run
from graph.ir.op import Graph, Op
from graph.ops.effects import crossed


@dataclass(frozen=True, slots=True)
class Unguarded:
    """The results of a trace run with its guards off, and the guards that would have stopped it, in order."""

    results: tuple[Any, ...]
    broken: tuple[Op, ...]


def guards_of(graph: Graph) -> tuple[Op, ...]:
    """The checks of a trace: one for each decision that it took. They stand in the outermost graph."""
    return tuple(op for op in graph.ops if op.name == "guard")


def unguarded(graph: Graph) -> Graph:
    """The graph without its guards."""
    ops = tuple(op for op in graph.ops if op.name != "guard")
    return Graph(graph.name, graph.params, ops, graph.results, graph.functions)


def run_unguarded(graph: Graph, args: Sequence[Any]) -> Unguarded:
    """Run the graph on data, with what the guards look at as further results instead of the guards."""
    guards = guards_of(graph)
    bare = unguarded(graph)
    results = (*graph.results, *(op.operands[0] for op in guards))
    values = run(Graph(bare.name, bare.params, bare.ops, results, bare.functions), args)
    count = len(graph.results)
    seen = zip(guards, values[count:], strict=True)
    broken = tuple(op for op, value in seen if crossed(value, str(op.attrs["kind"])) != op.attrs["expected"])
    return Unguarded(values[:count], broken)
