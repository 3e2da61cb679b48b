"""Appending what is no op on tensors, on the tape too: gradients may be asked for inside the function being staged.

Ops on tensors come through the door of `eager` and are recorded there. The others, which take or give lists, or values
that may be missing, are recorded here: as computations that bring their own gradient.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dy2static.staging.values.staged import staged
from eager.dispatch import apply
from eager.grad_mode import is_grad_enabled
from eager.tape import is_tracked, record_custom
from eager.tensor import Tensor
from graph.autodiff.augment import Pullback
from graph.autodiff.vjp import split, vjp
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.walk import inline
from graph.ops.cotangents import add_cotangents
from graph.passes.erase_effects import erase_effects

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

ADD: Final = lookup("add")
T = TypeVar("T")


def append_op(stager: "Stager", op: str, /, *operands: Value, **attrs: Any) -> Any:
    """Append an op on lists or on values that may be missing: its result, or a tuple of several."""
    b = stager.builder
    if not tracked_among(stager, operands):
        return getattr(b, op)(*operands, **attrs)
    alone = GraphBuilder(op)
    alone.loc = b.loc
    results = alone.append(lookup(op), [alone.param(v.type) for v in operands], attrs)
    found = append_graph(stager, alone.build(results, {}), operands)
    return found[0] if len(found) == 1 else found


def append_graph(stager: "Stager", graph: Graph, operands: Sequence[Value]) -> tuple[Value, ...]:
    """Append what a graph does, as one operation for the tape."""
    b = stager.builder
    tracked = tracked_among(stager, operands)
    wrt = tuple(i for i, v in enumerate(operands) if v in tracked)
    if not wrt:
        return inline(b, graph, operands)
    cut = split(graph, wrt)
    for half in (cut.forward, cut.backward):  # those of recursive functions are called from here on
        stager.functions.update(half.functions)
    values = inline(b, cut.forward, operands)
    results = values[: len(cut.active_results)]
    residuals = (*(operands[i] for i in cut.from_params), *values[len(results) :])

    def pullback(at: GraphBuilder, cts: Sequence[Value | None]) -> Mapping[Value, Value]:
        own = cut.narrowed([i for i, ct in enumerate(cts) if ct is not None])
        pairs = zip(results, cts, own.active_results, strict=True)
        given = [at.zeros_like(v) if ct is None else ct for v, ct, on in pairs if on]
        found = inline(at, own.backward, (*residuals, *given))
        return _summed(zip((operands[i] for i in own.outputs), found, strict=True), partial(add_cotangents, at))

    record(stager, tracked, operands, results, cut.active_results, pullback, lambda: graph)
    return results


def tracked_among(stager: "Stager", operands: Sequence[Value]) -> dict[Value, Tensor]:
    """The handles of operands that gradients may be asked of, while the tape is on, or where what it must not see is
    cut off."""
    if not is_grad_enabled() and not stager.is_cut():
        return {}
    found = ((v, _handle_of(stager, v)) for v in operands)
    return {v: handle for v, handle in found if handle is not None and is_tracked(handle)}


def _handle_of(stager: "Stager", value: Value) -> Tensor | None:
    """The handle of a value, which may be known by the name that a region around this one has for it."""
    return next((stager.tracked[v] for v in stager.builder.names_of(value) if v in stager.tracked), None)


def record(
    stager: "Stager",
    tracked: Mapping[Value, Tensor],
    operands: Sequence[Value],
    results: Sequence[Value],
    active: Sequence[bool],
    pullback: Pullback | None,
    whole: Callable[[], Graph],
) -> None:
    """Put what has been appended on the tape. `whole` gives it as a graph of `operands`, for higher orders, and for all
    where there is no `pullback`."""
    inputs = list(tracked.values())
    handles = [staged(v) if on else None for v, on in zip(results, active, strict=True)]
    outputs = [h for h in handles if h is not None]

    def values_of(cts: tuple[Tensor | None, ...]) -> list[Value | None]:
        rest = iter(cts)
        given = [None if h is None else next(rest) for h in handles]
        return [None if ct is None else stager.lift_tensor(ct) for ct in given]

    def pull(cts: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        if pullback is None:
            return higher(cts)
        found = pullback(stager.builder, values_of(cts))
        return tuple(staged(found[v]) if v in found else None for v in tracked)

    def higher(cts: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        found = _joint(stager, whole(), operands, results, values_of(cts), tracked)
        return tuple(found.get(v) for v in tracked)

    record_custom(inputs, outputs, pull, higher)
    for handle in outputs:
        stager.tracked[handle.graph_value] = handle


def _joint(
    stager: "Stager",
    graph: Graph,
    operands: Sequence[Value],
    results: Sequence[Value],
    cts: Sequence[Value | None],
    tracked: Mapping[Value, Tensor],
) -> dict[Value, Tensor]:
    """The cotangents of `tracked`, computed so that they are on the tape themselves: the forward half is done again."""
    wrt = tuple(i for i, v in enumerate(operands) if v in tracked)
    given = {i: ct for i, ct in enumerate(cts) if ct is not None}
    values = append_graph(stager, vjp(erase_effects(graph), wrt, given.keys()), [*operands, *given.values()])
    found = map(stager.handle, values[len(results) :])
    return _summed(zip((operands[i] for i in wrt), found, strict=True), partial(apply, ADD))


def _summed(cts: Iterable[tuple[Value, T]], add: Callable[[T, T], T]) -> dict[Value, T]:
    """Cotangents by operand: a value may be an operand more than once."""
    found: dict[Value, T] = {}
    for value, ct in cts:
        found[value] = add(found[value], ct) if value in found else ct
    return found
