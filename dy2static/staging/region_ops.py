"""Appending the ops that own regions, on the tape too: gradients may be asked for inside the function being staged."""

from collections.abc import Mapping, Sequence
from typing import Any

from dy2static.staging.staged import StagedTensor
from dy2static.staging.stager import Stager
from eager.grad_mode import is_grad_enabled
from eager.tape import is_tracked, record_custom
from eager.tensor import Tensor
from graph.autodiff.augment import Pullback, augment
from graph.aval import Aval
from graph.errors import NotDifferentiableError
from graph.ir.op import Graph
from graph.ir.opdef import OpDef
from graph.ir.value import Value


def append_region_op(
    stager: Stager, opdef: OpDef, operands: Sequence[Value], attrs: Mapping[str, Any], regions: tuple[Graph, ...]
) -> tuple[Value, ...]:
    """Append one op with regions to the graph under construction. Where it depends on tracked tensors it is put on the
    tape as one operation, in the version that saves what its gradient needs; what nobody asks for is dropped later."""
    b = stager.builder
    tracked = {v: stager.tracked[v] for v in operands if v in stager.tracked and is_tracked(stager.tracked[v])}
    if stager.is_cut():
        return tuple(stager.stop(v) for v in b.append(opdef, operands, attrs, regions))
    if not tracked or not is_grad_enabled():
        return b.append(opdef, operands, attrs, regions)
    made = augment(b, opdef, operands, attrs, regions, set(tracked), {})
    if made is None:
        return b.append(opdef, operands, attrs, regions)
    results, active, pullback = made
    _record(stager, tracked, [v for v, on in zip(results, active, strict=True) if on], active, pullback)
    return results


def _record(
    stager: Stager,
    tracked: Mapping[Value, Tensor],
    results: Sequence[Value],
    active: Sequence[bool],
    pullback: Pullback,
) -> None:
    inputs = list(tracked.values())
    handles = [StagedTensor.of(v) if isinstance(v.type, Aval) else None for v in results]
    outputs = [h for h in handles if h is not None]

    def pull(cts: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        rest = iter(cts)
        by_result = iter([None if h is None else next(rest) for h in handles])
        given = [next(by_result) if on else None for on in active]
        values = [None if ct is None else stager.lift_tensor(ct) for ct in given]
        found = pullback(stager.builder, values)
        made = tuple(StagedTensor.of(found[v]) if v in found else None for v in tracked)
        _refuse_second_order([ct for ct in cts if ct is not None] + inputs, [ct for ct in made if ct is not None])
        return made

    record_custom(inputs, outputs, pull)
    for handle in outputs:
        stager.tracked[handle.value] = handle


def _refuse_second_order(inputs: Sequence[Tensor], cts: Sequence[Tensor]) -> None:
    """The backward half is not on the tape itself: a gradient through it must fail rather than be wrong."""

    def refuse(_: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        raise NotDifferentiableError(
            "inside a function that is being staged, the gradient of control flow cannot be differentiated again",
            next_step="stage the inner function alone and take `eager.grad` of it outside, any number of times.",
        )

    if is_grad_enabled() and cts:
        record_custom(inputs, cts, refuse)
