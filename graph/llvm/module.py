"""A graph as the text of one LLVM module."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from graph.aval import Type
from graph.ir import lowering as form
from graph.ir.op import Graph
from graph.ir.walk import walk
from graph.llvm import (
    attempts,
    built_in,
    control_flow,
    forms,
    guards,
    list_ops,
    list_slices,
    list_tensors,
    products,
    reductions,
    side_by_side,
    stamps,
    sums,
    zeros,
)
from graph.llvm.code import CallbackSite, Unit
from graph.llvm.exact import stays_native
from graph.llvm.functions import write_function
from graph.llvm.ir import make
from graph.llvm.types import I32, PTR
from graph.llvm.writer import Handler
from graph.location import Loc
from graph.schedule.side_by_side import side_by_side as pieces_joined

ENTRY = "run"
FREEZE = ("attempt", "side_by_side")
"""Ops whose regions must leave the counts of blocks that are there already (see `blocks`)."""

FORMS: Mapping[type, Handler] = {
    form.Elementwise: forms.write_elementwise,
    form.View: forms.write_view,
    form.Gather: forms.write_gather,
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
    "narrow": built_in.write_narrow,
    "some": built_in.write_some,
    "none": built_in.write_none,
    "is_some": built_in.write_is_some,
    "unwrap": built_in.write_unwrap,
    "unwrap_or_zeros": built_in.write_unwrap_or_zeros,
    "check": built_in.write_check,
    "fail": built_in.write_fail,
    "raise": built_in.write_fail,
    "raise_again": built_in.write_fail,
    "guard": guards.write_guard,
    "cond": control_flow.write_cond,
    "while_loop": control_flow.write_while,
    "for_loop": control_flow.write_for,
    "call": control_flow.write_call,
    "attempt": attempts.write_attempt,
    "side_by_side": side_by_side.write_side_by_side,
    "zeros_like_any": zeros.write_zeros,
    "add_any": sums.write_add_any,
    **list_ops.BUILT_IN,
    **list_slices.BUILT_IN,
    **list_tensors.BUILT_IN,
    **products.BUILT_IN,
    **stamps.BUILT_IN,
}


@dataclass(frozen=True)
class LoweredModule:
    """What native code of a graph is made of. `text` defines `i32 @run(ptr, ptr, ptr)`; see `abi`."""

    text: str
    params: tuple[Type, ...]
    results: tuple[Type, ...]
    constants: tuple[np.ndarray, ...] = field(repr=False)
    callbacks: tuple[CallbackSite, ...] = field(repr=False)
    groups: tuple[tuple[Loc, ...], ...] = ()
    """Where loops are that may run side by side."""


def lower(
    graph: Graph, *, exact: bool = False, fma: bool = False, vectors: tuple[int, int] = (16, 16)
) -> LoweredModule:
    """The module of a scheduled graph in which no region, op or value stands twice, and composed ops are decomposed.

    `exact` keeps the order of all operations; otherwise sums may be taken in vector lanes. `fma`: whether the target
    has fused multiply-add, which the functions of `graph.llvm.math` then use. `vectors`: how many bytes its vector
    registers have, and how many of them there are.
    """
    graph = pieces_joined(graph, lambda op: stays_native(op, exact))
    freezes = any(op.name in FREEZE for g in (graph, *graph.functions.values()) for op in walk(g))
    vector_bytes, vector_registers = vectors
    unit = Unit(
        make.Module("graph"),
        is_exact=exact,
        has_fma=fma,
        freezes=freezes,
        vector_bytes=vector_bytes,
        vector_registers=vector_registers,
    )
    signature = make.FunctionType(I32, [PTR, PTR, PTR])
    for name, function in graph.functions.items():
        made = make.Function(unit.module, signature, f"graph.{name}")
        made.linkage = "internal"
        unit.functions[name] = (made, function)
    entry = make.Function(unit.module, signature, ENTRY)
    for made, function in unit.functions.values():
        write_function(unit, made, function, FORMS, BUILT_IN, meets_frozen=unit.freezes)
    write_function(unit, entry, graph, FORMS, BUILT_IN, meets_frozen=False)
    text = "\n".join([str(unit.module), *unit.metadata]) + "\n"
    params, results = (tuple(v.type for v in values) for values in (graph.params, graph.results))
    return LoweredModule(text, params, results, tuple(unit.constants), tuple(unit.callbacks), tuple(unit.groups))
