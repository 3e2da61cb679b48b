"""Appending the ops that own regions, on the tape too: gradients may be asked for inside the function being staged."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from dy2static.errors import StagingError
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.taped_ops import record, tracked_among
from eager.tensor import Tensor
from graph.autodiff.activity import calls, carries_cotangents
from graph.autodiff.augment import augment, augment_call
from graph.aval import Type
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.opdef import OpDef, lookup
from graph.ir.value import Value


def append_region_op(
    stager: Stager, opdef: OpDef, operands: Sequence[Value], attrs: Mapping[str, Any], regions: tuple[Graph, ...]
) -> tuple[Value, ...]:
    """Append one op with regions to the graph under construction. Where it depends on tracked tensors it is put on the
    tape as one operation, in the version that saves what its gradient needs; what nobody asks for is dropped later.
    That holds under `no_grad` too: the ops in the regions are cut off there, and what only passes through is not.
    Within a region, where it depends on what is from outside of it alone, it is as it is, and its gradient does it
    again: hardly anybody asks for one there, and the op around would save all of it once more."""
    b = stager.builder
    tracked = tracked_among(stager, operands)
    if not tracked:
        return b.append(opdef, operands, attrs, regions)
    if not stager.functions.keys() >= {name for region in regions for name in calls(region)}:
        return _unfinished(stager, tracked, operands, b.append(opdef, operands, attrs, regions))
    loc = b.loc
    is_own = any(v in stager.tracked and v not in stager.done_again for v in tracked)
    made = augment(b, opdef, operands, attrs, regions, set(tracked), stager.functions) if is_own else None
    if made is not None:
        results, active, pullback = made
    else:
        results, pullback = b.append(opdef, operands, attrs, regions), None
        if is_own:
            return results
        active = [carries_cotangents(v.type) for v in results]
        stager.done_again.update(results)

    def again() -> Graph:
        """The op alone, as a graph of its operands."""
        alone = GraphBuilder(opdef.name)
        alone.loc = loc
        params = [alone.param(v.type) for v in operands]
        return alone.build(alone.append(opdef, params, attrs, regions), dict(stager.functions))

    record(stager, tracked, operands, results, active, pullback, again)
    return results


def append_call(stager: Stager, function: str, operands: Sequence[Value], types: Sequence[Type]) -> tuple[Value, ...]:
    """Append a `call` of a graph function that calls itself; sizes named '?...' in `types` become new ones. On the tape
    it is one operation, where the function is finished: calls within it are part of it."""
    b = stager.builder
    attrs, named = {"function": function}, b.name_sizes(tuple(types))
    tracked = {} if stager.is_cut() else tracked_among(stager, operands)
    loc = b.loc
    op = Op(lookup("call"), tuple(operands), tuple(Value(t) for t in named), attrs, loc=loc)
    is_finished = function in stager.functions
    made = augment_call(b, op, set(tracked), stager.functions) if tracked and is_finished else None
    if made is None:
        results = b.append(op.opdef, operands, attrs, types=named)
        if tracked and not is_finished:
            return _unfinished(stager, tracked, operands, results)
        return tuple(map(stager.stop, results)) if stager.is_cut() else results
    results, active, pullback = made

    def again() -> Graph:
        """The call alone, as a graph of its operands."""
        alone = GraphBuilder("call")
        alone.loc = loc
        params = [alone.param(v.type) for v in operands]
        yielded = alone.append(lookup("call"), params, attrs, types=[v.type for v in results])
        return alone.build(yielded, dict(stager.functions))

    record(stager, tracked, operands, results, active, pullback, again)
    return results


def _unfinished(
    stager: Stager, tracked: Mapping[Value, Tensor], operands: Sequence[Value], results: tuple[Value, ...]
) -> tuple[Value, ...]:
    """The results of what calls a graph function within itself. It is part of that function, whose call is on the tape:
    only what the function does with its own calls can ask for a gradient here, and for that there is no graph yet."""

    def refuse(*_: Any) -> NoReturn:
        raise StagingError(
            "a function that calls itself on a test of the graph asks for a derivative of such a call",
            next_step="differentiate the function from outside, or end the recursion on an ordinary Python number.",
            loc=user_location(),
        )

    record(stager, tracked, operands, results, [carries_cotangents(v.type) for v in results], refuse, refuse)
    return results
