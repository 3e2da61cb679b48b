"""Graphs of one op, for what is made from them."""

import numpy as np

from graph.aval import Aval, SymDim
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.ir.value import Value
from support.samples import Sample


def graph_of(sample: Sample, *, symbolic: bool) -> Graph:
    """The op alone. Equal sizes have equal names where they are symbolic."""
    b = GraphBuilder(sample.op)
    params: list[Value] = []
    for x in map(np.asarray, sample.operands):
        shape = tuple(SymDim.named(f"n{n}") for n in x.shape) if symbolic else x.shape
        params.append(b.param(Aval(x.dtype, shape)))
    return b.build(b.append(lookup(sample.op), params, dict(sample.attrs)))
