"""One op with regions, differentiated where it stands: for tapes that record it as a single operation."""

from collections.abc import Callable, Collection, Mapping, Sequence

from graph.autodiff.reverse import Reverse
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import RegionVjp
from graph.ir.op import Attrs, Graph, Op
from graph.ir.opdef import OpDef
from graph.ir.value import Value

Pullback = Callable[[GraphBuilder, Sequence[Value | None]], Mapping[Value, Value]]
"""Given a builder (that of the op, or of a region inside) and cotangents of the results, appends the backward half and
returns the cotangents of the active operands."""


def augment(
    b: GraphBuilder,
    opdef: OpDef,
    operands: Sequence[Value],
    attrs: Attrs,
    regions: tuple[Graph, ...],
    active: Collection[Value],
    functions: dict[str, Graph],
) -> tuple[tuple[Value, ...], tuple[bool, ...], Pullback] | None:
    """Append a region op in the version that saves residuals: its results, which of them depend on `active`, and its
    pullback. None, and nothing is appended, when no result does. Derivatives of recursive functions that it calls are
    added to `functions`."""
    rule = opdef.vjp
    if not isinstance(rule, RegionVjp):
        return None
    d = Reverse(b, functions, set(active))
    lifted = tuple(b.lift(v) for v in operands)
    types = b.infer(opdef, lifted, attrs, regions)
    op = Op(opdef, lifted, tuple(Value(t) for t in types), attrs, regions, b.loc)
    flags = [d.is_active(v) for v in operands]
    d.active.update(inner for v, inner in zip(operands, lifted, strict=True) if v in d.active)
    if not any(rule.activity(d, op, flags)):
        return None
    made = rule.augment(d, op, lifted)
    outer = dict(zip(lifted, operands, strict=True))
    loc = b.loc

    def pullback(at: GraphBuilder, cts: Sequence[Value | None]) -> Mapping[Value, Value]:
        at.loc = loc
        backward = Reverse(at, functions, d.active)
        made.pullback(backward, cts)
        return {outer[v]: ct for v, ct in backward.sums.items() if v in outer}

    return made.results, made.active, pullback


def augment_call(
    b: GraphBuilder, op: Op, active: Collection[Value], functions: dict[str, Graph]
) -> tuple[tuple[bool, ...], Pullback] | None:
    """The same for a `call` that is in place already, of a recursive function; its derivative is added to `functions`.
    `op` has the operands as the builder's owner knows them."""
    d = Reverse(b, functions, set(active))
    flags = d.note_call(op, op.operands, op.results, [v in d.active for v in op.operands])
    if not any(flags):
        return None

    def pullback(at: GraphBuilder, cts: Sequence[Value | None]) -> Mapping[Value, Value]:
        at.loc = op.loc
        backward = Reverse(at, functions, d.active)
        d.pull(backward, cts)
        return backward.sums

    return flags, pullback
