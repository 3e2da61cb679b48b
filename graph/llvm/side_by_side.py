"""`side_by_side`: pieces that may run on several threads, each a function. `graph/schedule/side_by_side.py` finds them.

What they are given is frozen while they run, as in an `attempt`; what they have made begins to count when all are done.
"""

from collections.abc import Hashable
from typing import Any

from graph.aval import SymDim
from graph.dtypes import float64
from graph.ir.lowering import Lowering
from graph.ir.op import Graph, Op
from graph.ir.walk import walk
from graph.llvm import ir
from graph.llvm.abi import EPOCH
from graph.llvm.attempts import thaw
from graph.llvm.descriptors import descriptors_slot, load_descriptor, store_descriptors
from graph.llvm.functions import write_function
from graph.llvm.ir import make
from graph.llvm.runtime.pieces import PIECE_BYTES, PIECE_CODE, PIECE_INPUTS, PIECE_OUTPUTS
from graph.llvm.runtime.polling import PIECES
from graph.llvm.scalars import Size
from graph.llvm.types import I8, I32, I64, PTR
from graph.llvm.values import Registers, Tensor
from graph.llvm.writer import Writer
from graph.passes.structure import graph_key
from graph.schedule import side_by_side as planned
from graph.schedule.work import largest_within, work_of_op


def write_side_by_side(w: Writer, op: Op, form: Lowering) -> None:
    """Fill in the group, have it run, and go on with what the pieces have made."""
    code, b = w.code, w.code.b
    unit = code.unit
    for v in op.operands:
        w.own.evaluate(w.value(v))
    known = len(unit.callbacks)
    group = code.slot(I8, PIECES + PIECE_BYTES * len(op.regions))
    places: list[ir.Value] = []
    functions: dict[Hashable, ir.Function] = {}
    for i, piece in enumerate(op.regions):
        key = graph_key(piece), tuple(inner.loc for inner in walk(piece))  # a failure says where it is
        if key not in functions:
            functions[key] = _function(w, piece)
        given = store_descriptors(w.s, [w.value(v) for v in piece.params], [v.type for v in piece.params])
        place, outputs = descriptors_slot(w.s, [v.type for v in piece.results])
        places += outputs
        words = {PIECE_CODE: functions[key], PIECE_INPUTS: given, PIECE_OUTPUTS: place}
        for at, word in words.items():
            code.store(word, code.offset(group, PIECES + PIECE_BYTES * i + at, I8))
    calls_python = any(site.reason for site in unit.callbacks[known:])
    is_worth_it = I64(0) if calls_python else _is_worth_it(w, op)
    if not calls_python:
        unit.groups.append(tuple(loop.loc for piece in op.regions for loop in piece.ops))
    epoch = b.add(b.load(code.offset(code.ctx, EPOCH, I8), typ=I64), I64(1))
    run = unit.external("dy_side_by_side", I32, [PTR, PTR, I64, I64])
    code.fail_on(b.call(run, [code.ctx, group, I64(len(op.regions)), is_worth_it]))
    values = [load_descriptor(w.s, at, v.type) for at, v in zip(places, op.results, strict=True)]
    for at, v in zip(places, op.results, strict=True):
        thaw(w.s, at, v.type, epoch)
    for v, x in zip(op.results, values, strict=True):
        w.define(v, x)


def _function(w: Writer, piece: Graph) -> ir.Function:
    unit = w.code.unit
    function = make.Function(unit.module, make.FunctionType(I32, [PTR, PTR, PTR]), unit.module.get_unique_name("piece"))
    function.linkage = "internal"
    write_function(unit, function, piece, w.forms, w.built_in, meets_frozen=True)
    return function


def _is_worth_it(w: Writer, op: Op) -> ir.Value:
    """Whether at least two pieces take long enough, by the sizes and the trips that a run knows."""
    b = w.code.b
    heavy: ir.Value = I64(0)
    for piece in op.regions:
        for loop in piece.ops:
            heavy = b.add(heavy, b.zext(w.s.scalar(_is_heavy(w, loop)).value, I64))
    return b.zext(b.icmp_signed(">=", heavy, I64(2)), I64)


def _is_heavy(w: Writer, loop: Op) -> Any:
    """Whether a loop takes long enough as a whole, and none of its ops so long that threads had better share it."""
    s = w.s
    sizes: dict[SymDim, Size] = {}
    for v in loop.operands:
        x = w.value(v)
        if isinstance(x, Registers | Tensor):
            sizes.update((d, n) for d, n in zip(v.aval.shape, x.sizes, strict=True) if isinstance(d, SymDim))

    def term(dims: tuple[SymDim, ...], count: float) -> Any:
        found: Any = count
        for dim in dims:
            found = s.mul(found, s.convert(s.scalar(sizes[dim]), float64)) if dim in sizes else found
        return found

    trip: Any = 0.0
    for dims, count in work_of_op(loop).items():
        trip = s.add(trip, term(dims, count))
    if loop.name == "while_loop":
        heavy = s.ge(trip, float(planned.TRIP))
    else:
        heavy = s.ge(s.mul(trip, s.convert(w.scalar(loop.operands[0]), float64)), float(planned.FORK))
    for dims, count in largest_within(loop).items():
        heavy = s.bit_and(heavy, s.lt(term(dims, count), float(planned.LARGE)))
    return heavy
