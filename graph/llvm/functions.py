"""Functions of the module: a graph as a function that takes and gives descriptors."""

from collections.abc import Mapping

from graph.ir.op import Graph
from graph.llvm import ir
from graph.llvm.abi import Status, offsets_of
from graph.llvm.code import Code, Unit
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import load_descriptor, store_descriptor
from graph.llvm.types import I8, I32
from graph.llvm.writer import Handler, Writer


def write_function(
    unit: Unit,
    function: ir.Function,
    graph: Graph,
    forms: Mapping[type, Handler],
    built_in: Mapping[str, Handler],
    *,
    meets_frozen: bool,
) -> None:
    """The body of `i32 function(ctx, inputs, outputs)`; see `abi`. `meets_frozen`: see `Code`."""
    _, inputs, outputs = function.args
    for argument in (inputs, outputs):
        argument.add_attribute("noalias")
    code = Code(unit, function)
    code.meets_frozen = meets_frozen
    w = Writer(code, forms, built_in)
    offsets, _ = offsets_of([p.type for p in graph.params])
    arguments = [
        load_descriptor(w.s, code.offset(inputs, at, I8), p.type) for at, p in zip(offsets, graph.params, strict=True)
    ]
    results = w.region(graph, arguments)
    w.own.evaluate_all(results)
    types = [v.type for v in graph.results]
    places, _ = offsets_of(types)
    for at, x, t in zip(places, results, types, strict=True):
        store_descriptor(w.s, code.offset(outputs, at, I8), w.own.take(coerced(w.own, x, t)))
    code.b.ret(I32(int(Status.OK)))
