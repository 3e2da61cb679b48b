"""Ops that run in NumPy: native code hands their operands to the runtime and takes the results."""

from collections.abc import Callable, Sequence

from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.descriptors import descriptors_slot, load_descriptor, store_descriptors
from graph.llvm.scalars import Scalars
from graph.llvm.types import I32, PTR
from graph.llvm.values import Value


def call_back(s: Scalars, op: Op, operands: Sequence[Value], reason: str) -> tuple[ir.Value, Callable[[], list[Value]]]:
    """The status of the call, and what gives the results once that is known to be OK. Operands are not pending."""
    code = s.code
    types = [v.type for v in op.results]
    given = store_descriptors(s, operands, [x.type for x in operands])
    place, places = descriptors_slot(s, types)
    number = code.unit.callback(op, [x.type for x in operands], types, reason)
    function = code.unit.external("dy_callback", I32, [PTR, I32, PTR, PTR])
    status = code.b.call(function, [code.ctx, I32(number), given, place])

    def results() -> list[Value]:
        return [load_descriptor(s, at, t) for at, t in zip(places, types, strict=True)]

    return status, results
