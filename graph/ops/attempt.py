"""`attempt`: a region that may fail, with a flag that says whether it did; what Python writes as `try`.

    failed, text, *values = attempt(*operands) {errors, fillers} {body}

`failed` is 0 where the body ran to its end; `values` are what it yields then. Where it raised an exception of a class
among `errors`, `failed` is the place of the first that it is of (from 1), `text` its own class and the texts of it and
of its arguments (`raised.packed`), and `values` are fillers, which nobody may read: what handles the exception stands
in a `cond` on `failed`. Other exceptions pass.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from graph.aval import Aval, ListType, OptionalType, Type, scalar
from graph.dtypes import int64, uint8
from graph.errors import DTypeError, InternalError
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Augmented, Differentiator, RegionVjp, Split
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import NoOnnx
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, lookup, register
from graph.ir.regions import trimmed
from graph.ir.value import Value
from graph.ir.walk import inline
from graph.ops.cotangents import OperandSums
from graph.ops.raised import caught_error, class_of, code_of, packed
from graph.ops.regions import check_params, number_unknown
from graph.ops.shape_rules import UNKNOWN_DIM

NO_CATCHING: Final = NoOnnx(
    "a model cannot go on after one of its nodes has failed", "test beforehand, with `if`, what may fail."
)

LEAD: Final = 2
"""Results before those of the body."""

Filler = tuple[str, tuple[int, ...]]


def filler_of(t: Type) -> Filler:
    """What stands for a value of this type: dtype and shape of a tensor, else "list" or "none"."""
    if isinstance(t, Aval):
        return t.dtype.name, tuple(d if isinstance(d, int) else 0 for d in t.shape)
    return ("list" if isinstance(t, ListType) else "none"), ()


def fillers_of(region: Graph) -> tuple[Filler, ...]:
    """The attribute `fillers` for a body."""
    return tuple(filler_of(value.type) for value in region.results)


def filled(filler: Filler) -> Any:
    """A filler at run time."""
    kind, shape = filler
    match kind:
        case "list":
            return []
        case "none":
            return None
        case _:
            return np.zeros(shape, kind)[()]


def _unsized(t: Type) -> Type:
    """The type with its symbolic sizes open: a filler has others."""
    if isinstance(t, Aval):
        return Aval(t.dtype, tuple(d if isinstance(d, int) else UNKNOWN_DIM for d in t.shape))
    return OptionalType(_unsized(t.element)) if isinstance(t, OptionalType) else t


def infer_attempt(
    *operands: Type, errors: tuple[str, ...], fillers: tuple[Filler, ...], regions: tuple[Graph]
) -> tuple[Type, ...]:
    """Shape rule of `attempt(*operands)` with the region `body` that takes the operands.

    Types: i64[], u8[n], then those of the body, with sizes of their own where they are known only at run time.
    """
    (body,) = regions
    check_params("attempt", body, operands)
    if len(fillers) != len(body.results):
        raise InternalError(f"`attempt`: {len(fillers)} fillers for {len(body.results)} values")
    for name in errors:
        if class_of(name) is None:
            raise InternalError(f"`attempt`: {name!r} is no exception")
    text = Aval(uint8, (UNKNOWN_DIM,))
    return number_unknown([scalar(int64), text, *(_unsized(v.type) for v in body.results)])


def handled(error: BaseException, errors: tuple[str, ...]) -> tuple[Any, Any]:
    """The first two results of an `attempt` that has failed with this exception. Raises what no handler is for."""
    code = code_of(error, errors) if isinstance(error, Exception) else 0
    if not code:
        raise error
    return np.int64(code), packed(error)


def attempt_kernel(
    *operands: Any, errors: tuple[str, ...], fillers: tuple[Filler, ...], regions: tuple[Any]
) -> tuple[Any, ...]:
    try:
        values = regions[0](*operands)
    except Exception as error:
        return (*handled(error, errors), *(filled(filler) for filler in fillers))
    return (np.int64(0), np.zeros(0, np.uint8), *values)


def infer_raise_again(text: Type) -> tuple[Type, ...]:
    """Shape rule of `raise_again(text)`: raises what an `attempt` caught, of which this is the second result."""
    if not (isinstance(text, Aval) and text.dtype == uint8 and text.ndim == 1):
        raise DTypeError(f"`raise_again` takes the text of what an `attempt` caught, not {text}")
    return ()


def raise_again_kernel(text: Any) -> tuple[()]:
    raise caught_error(text)


def attempt_activity(d: Differentiator, op: Op, active: Sequence[bool]) -> tuple[bool, ...]:
    return (False, False, *d.active_results(op.regions[0], active))


def augment_attempt(d: Differentiator, op: Op, operands: tuple[Value, ...]) -> Augmented:
    """Append the forward `attempt`, which also yields residuals; the backward half runs where it did not fail."""
    active = [d.is_active(v) for v in operands]
    at_hand = [i for i, v in enumerate(operands) if d.is_at_hand(v)]
    own = d.split(op.regions[0], active, at_hand=at_hand)
    body = Graph(op.regions[0].name, own.forward.params, own.forward.ops, own.forward.results)
    attrs = {**op.attrs, "fillers": fillers_of(body)}
    types = d.b.infer(op.opdef, operands, attrs, (body,))
    count = len(op.results)
    results = d.b.append(op.opdef, operands, attrs, (body,), (*(v.type for v in op.results), *types[count:]))
    on = (False, False, *own.active_results)

    def pullback(d: Differentiator, cts: Sequence[Value | None]) -> None:
        narrow = own.narrowed([i - LEAD for i, ct in enumerate(cts) if ct is not None])
        given = [
            d.b.zeros_like(r) if ct is None else ct
            for ct, r, is_active in zip(cts[LEAD:], results[LEAD:count], narrow.active_results, strict=True)
            if is_active
        ]
        _backward(d, narrow, operands, results, count, given)

    return Augmented(results[:count], on, pullback)


def _backward(
    d: Differentiator, own: Split, operands: tuple[Value, ...], results: tuple[Value, ...], count: int, cts: list[Value]
) -> None:
    """Append a `cond` on whether all went well: the backward half of the body, or nothing flows."""
    if not own.outputs:
        return
    sums = OperandSums(d, operands, own.seeded)
    seeds = [sums.seed(p) for p in own.seeded]
    groups = (results[count:], cts, seeds, operands)
    well = GraphBuilder("then", sizes=d.b)
    saved, given, own_seeds, captured = ([well.param(v.type) for v in group] for group in groups)
    inputs = [*(captured[p] for p in own.from_params), *saved, *given, *own_seeds]
    failed = GraphBuilder("else", sizes=d.b)
    _, _, failed_seeds, failed_captured = ([failed.param(v.type) for v in group] for group in groups)
    seed_of = dict(zip(own.seeded, failed_seeds, strict=True))
    zeros = [seed_of[p] if p in seed_of else failed.zeros_like(failed_captured[p]) for p in own.outputs]
    both = [well.build(inline(well, own.backward, inputs)), failed.build(zeros)]
    regions, trailing = trimmed(both, [v for group in groups for v in group])
    found = d.b.append(lookup("cond"), (d.b.eq(results[0], 0), *trailing), {}, regions)
    sums.put(dict(zip(own.outputs, found, strict=True)))


ATTEMPT = register(
    OpDef(
        "attempt",
        infer=infer_attempt,
        kernel=attempt_kernel,
        vjp=RegionVjp(augment_attempt, attempt_activity),
        promote=None,
        lower=BuiltIn(),
        onnx=NO_CATCHING,
    )
)
register(
    OpDef(
        "raise_again",
        infer=infer_raise_again,
        kernel=raise_again_kernel,
        vjp=NotDifferentiable("there is no result"),
        promote=None,
        effect=Effect.ORDERED,
        lower=BuiltIn(),
        onnx=NO_CATCHING,
    )
)
