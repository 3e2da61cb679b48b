"""One op with regions, differentiated where it stands: for tapes that record it as a single operation."""

from collections.abc import Callable, Collection, Mapping, Sequence

from graph.autodiff.reverse import Reverse
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Augmented, RegionVjp
from graph.ir.op import Attrs, Graph, Op
from graph.ir.opdef import OpDef
from graph.ir.value import Value
from graph.location import Loc

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
    return made.results, made.active, _pullback(d, made, operands, lifted, b.loc)


def augment_call(
    b: GraphBuilder, op: Op, active: Collection[Value], functions: dict[str, Graph]
) -> tuple[tuple[Value, ...], tuple[bool, ...], Pullback] | None:
    """The same for a `call` of a function that calls itself. `op` has the operands as the builder's owner knows them,
    and results of the types that they are to have."""
    d = Reverse(b, functions, set(active))
    lifted = tuple(b.lift(v) for v in op.operands)
    flags = [d.is_active(v) for v in op.operands]
    d.active.update(inner for v, inner in zip(op.operands, lifted, strict=True) if v in d.active)
    made = d.augmented_call(op, lifted, flags)
    return None if made is None else (made.results, made.active, _pullback(d, made, op.operands, lifted, op.loc))


def _pullback(d: Reverse, made: Augmented, operands: Sequence[Value], lifted: Sequence[Value], loc: Loc) -> Pullback:
    outer = dict(zip(lifted, operands, strict=True))

    def pullback(at: GraphBuilder, cts: Sequence[Value | None]) -> Mapping[Value, Value]:
        at.loc = loc
        backward = Reverse(at, d.functions, d.active)
        made.pullback(backward, cts)
        return {outer[v]: ct for v, ct in backward.sums.items() if v in outer}

    return pullback
