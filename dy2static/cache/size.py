"""How much memory a program takes, roughly: what the cache is bounded by."""

from typing import Final

import numpy as np

from graph.ir.op import Graph
from graph.ir.walk import walk

BYTES_OF_OP: Final = 4096
"""An op with its values, its line of the NumPy program and its share of the code object."""


def size_in_bytes(graph: Graph) -> int:
    """Constants by their size, all else by the number of ops."""
    graphs = (graph, *graph.functions.values())
    ops = [op for g in graphs for op in walk(g)]
    attrs = [value for op in ops for value in op.attrs.values() if isinstance(value, np.ndarray)]
    return len(ops) * BYTES_OF_OP + sum(value.nbytes for value in attrs)
