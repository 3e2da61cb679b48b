"""A graph as the text of one LLVM module."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from graph.aval import Type
from graph.ir import lowering as form
from graph.ir.op import Graph
from graph.llvm import built_in, control_flow, forms, ir, list_ops, products, reductions, zeros
from graph.llvm.abi import Status, offsets_of
from graph.llvm.code import CallbackSite, Code, Unit
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import load_descriptor, store_descriptor
from graph.llvm.ir import make
from graph.llvm.types import I8, I32, PTR
from graph.llvm.writer import Handler, Writer

ENTRY = "run"

FORMS: Mapping[type, Handler] = {
    form.Elementwise: forms.write_elementwise,
    form.View: forms.write_view,
    form.Reshape: forms.write_reshape,
    form.Generate: forms.write_generated,
    form.Reduce: reductions.write_reduce,
    form.Loops: forms.write_loops,
}
BUILT_IN: Mapping[str, Handler] = {
    "constant": built_in.write_constant,
    "full": built_in.write_full,
    "dim": built_in.write_dim,
    "stop_gradient": built_in.write_same,
    "compact": built_in.write_same,
    "some": built_in.write_some,
    "none": built_in.write_none,
    "is_some": built_in.write_is_some,
    "unwrap": built_in.write_unwrap,
    "unwrap_or_zeros": built_in.write_unwrap_or_zeros,
    "check": built_in.write_check,
    "fail": built_in.write_fail,
    "cond": control_flow.write_cond,
    "while_loop": control_flow.write_while,
    "for_loop": control_flow.write_for,
    "call": control_flow.write_call,
    "zeros_like_any": zeros.write_zeros,
    **list_ops.BUILT_IN,
    **products.BUILT_IN,
}


@dataclass(frozen=True)
class LoweredModule:
    """What native code of a graph is made of. `text` defines `i32 @run(ptr, ptr, ptr)`; see `abi`."""

    text: str
    params: tuple[Type, ...]
    results: tuple[Type, ...]
    constants: tuple[np.ndarray, ...] = field(repr=False)
    callbacks: tuple[CallbackSite, ...] = field(repr=False)


def lower(graph: Graph, *, exact: bool = False, fma: bool = False) -> LoweredModule:
    """The module of a scheduled graph in which no region, op or value stands twice, and composed ops are decomposed.

    `exact` keeps the order of all operations; otherwise sums may be taken in vector lanes. `fma`: whether the target
    has fused multiply-add, which the functions of `graph.llvm.math` then use.
    """
    unit = Unit(make.Module("graph"), is_exact=exact, has_fma=fma)
    signature = make.FunctionType(I32, [PTR, PTR, PTR])
    for name, function in graph.functions.items():
        made = make.Function(unit.module, signature, f"graph.{name}")
        made.linkage = "internal"
        unit.functions[name] = (made, function)
    entry = make.Function(unit.module, signature, ENTRY)
    for made, function in (*unit.functions.values(), (entry, graph)):
        _write_function(unit, made, function)
    text = "\n".join([str(unit.module), *unit.metadata]) + "\n"
    params, results = (tuple(v.type for v in values) for values in (graph.params, graph.results))
    return LoweredModule(text, params, results, tuple(unit.constants), tuple(unit.callbacks))


def _write_function(unit: Unit, function: ir.Function, graph: Graph) -> None:
    _, inputs, outputs = function.args
    for argument in (inputs, outputs):
        argument.add_attribute("noalias")
    code = Code(unit, function)
    w = Writer(code, FORMS, BUILT_IN)
    offsets, _ = offsets_of([p.type for p in graph.params])
    arguments = [
        load_descriptor(w.s, code.offset(inputs, at, I8), p.type) for at, p in zip(offsets, graph.params, strict=True)
    ]
    results = w.region(graph, arguments)
    types = [v.type for v in graph.results]
    places, _ = offsets_of(types)
    for at, x, t in zip(places, results, types, strict=True):
        store_descriptor(w.s, code.offset(outputs, at, I8), w.own.take(coerced(w.own, x, t)))
    code.b.ret(I32(int(Status.OK)))
