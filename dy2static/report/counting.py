"""How large a graph is."""

from dataclasses import dataclass

from graph.ir.op import Graph
from graph.ir.walk import walk


@dataclass(frozen=True, slots=True)
class Size:
    """Ops, those in regions included, and regions: the branches and loop bodies that stayed what they are."""

    ops: int
    regions: int

    def __str__(self) -> str:
        return f"{self.ops} ops, {self.regions} regions"


def size_of(graph: Graph) -> Size:
    """Constants count: they are ops."""
    ops = list(walk(graph))
    return Size(len(ops), sum(len(op.regions) for op in ops))
