"""Reverse mode over the tape."""

from collections.abc import Collection, Sequence
from typing import Any, Final, cast

from eager.dispatch import apply, dims_of, shaped
from eager.grad_mode import set_grad_enabled
from eager.recorder import RECORDER, call, converts
from eager.tape import link_of, snapshot
from eager.tape_emitter import SymbolicTapeEmitter, TapeEmitter
from eager.tape_links import Leaf, Record, resolve
from eager.tensor import Tensor
from graph.aval import format_shape
from graph.errors import NotDifferentiableError, ShapeError
from graph.ir.emitter import Accumulate
from graph.ir.opdef import lookup

ADD: Final = lookup("add")
FULL: Final = lookup("full")
NONE: Final[frozenset[Record]] = frozenset()


class _Sum:
    """A sum of cotangents; `owned` when no other handle may hold it."""

    __slots__ = ("owned", "value")

    def __init__(self) -> None:
        self.value: Tensor | None = None
        self.owned = False

    def add(self, b: TapeEmitter, ct: Any, like: Tensor) -> None:
        if isinstance(ct, Accumulate):
            owned = self.owned or self.value is None
            acc = b.unview(b.zeros_like(b.view(like))) if self.value is None else self.value
            self.value, self.owned = b.add_into(cast("Accumulate[Any]", ct), acc, owned=owned), True
            return
        ct = b.unview(b.cast_to(ct, like.dtype))
        if self.value is None:
            self.value, self.owned = ct, False
        else:
            self.value, self.owned = apply(ADD, self.value, ct), True


def reachable(outputs: Sequence[Tensor], stop: Collection[Record] = NONE) -> list[Record]:
    """The records that `outputs` depend on, earliest first; `stop` are not passed through.

    Raises: NotDifferentiableError where an earlier `backward` has let go of values that may depend on `stop`, or that,
    without `stop`, may depend on a leaf.
    """
    since = min((record.order for record in stop), default=-1)
    seen: set[Record] = set()
    stack = [resolve(link)[0] for x in outputs if (link := link_of(x)) is not None]
    while stack:
        record = stack.pop()
        if record in seen:
            continue
        seen.add(record)
        if record.used_up and record.order > since:
            raise NotDifferentiableError(
                "a gradient was asked through values that an earlier `backward` has let go of",
                next_step="call the earlier one with `backward(retain_graph=True)`.",
            )
        if record not in stop:
            stack.extend(resolve(link)[0] for x in record.inputs if (link := link_of(x)) is not None)
    return sorted(seen, key=_order)


def _order(record: Record) -> int:
    return record.order


def _leading_to(records: Sequence[Record], wanted: Collection[Record]) -> set[Record]:
    """The wanted ones of `records` (earliest first), and those that depend on them."""
    found: set[Record] = set()
    for record in records:
        if record in wanted or any(
            resolve(link)[0] in found for x in record.inputs if (link := link_of(x)) is not None
        ):
            found.add(record)
    return found


def pull_back(
    outputs: Sequence[Tensor],
    cts: Sequence[Tensor | None],
    wanted: Sequence[Record],
    *,
    release: bool,
    is_taped: bool,
) -> list[Tensor | None]:
    """Cotangents of the values of the `wanted` records, which are inputs of what is differentiated, given those of
    `outputs`; None where nothing flows. Fresh handles.

    Records forget their values as they are passed when `release` is set. Whether the pass is itself recorded is up to
    the grad mode; `is_taped` says whether gradients may be asked of what is recorded.
    Raises: NotDifferentiableError on the way through an op that has no gradient.
    """
    targets = frozenset(wanted)
    records = reachable(outputs, targets)
    needed = _leading_to(records, targets)
    emitter = TapeEmitter if RECORDER.get() is None else SymbolicTapeEmitter
    b = emitter(needed, is_taped=is_taped)
    pending: dict[Record, list[_Sum]] = {}
    for x, ct in zip(outputs, cts, strict=True):
        if ct is not None:
            _add(b, pending, x, ct)
    found: dict[Record, Tensor | None] = {}
    while records:
        record = records.pop()
        sums = pending.pop(record, None)
        if sums is None:
            continue
        if record in targets:
            found[record] = sums[0].value
            continue
        inputs = record.inputs
        contributions = record.pull(b, [s.value for s in sums])
        if release:
            record.release()
        for x, ct in zip(inputs, contributions, strict=True):
            if ct is not None:
                _add(b, pending, x, ct)
    cotangents = [found.get(record) for record in wanted]
    return [None if ct is None else snapshot(ct) for ct in cotangents]


def _add(b: TapeEmitter, pending: dict[Record, list[_Sum]], x: Any, ct: Any) -> None:
    """Add to the sum of the cotangents of `x`, where one is needed."""
    if not b.wants(b.view(x)):
        return
    link = link_of(x)
    if link is None:
        return
    record, index = resolve(link)
    sums = pending.get(record)
    if sums is None:
        sums = pending[record] = [_Sum() for _ in range(record.results_count)]
    sums[index].add(b, ct, x)


def seed(x: Tensor) -> Tensor:
    """The cotangent that a scalar loss starts from."""
    return shaped(FULL, (), x.shape, value=1, dtype=x.dtype)


def backward(
    x: Tensor, gradient: Tensor | None = None, *, retain_graph: bool = False, create_graph: bool = False
) -> None:
    """Add the gradients of `x` to `.grad` of the Parameters and other leaves that it depends on.

    `gradient` is the cotangent of `x`, of its shape; it may be left out where `x` is a scalar. The tape is used up,
    unless `retain_graph` keeps it for another call, or `create_graph` records this one, for gradients of gradients.
    Raises: ShapeError, NotDifferentiableError.
    """
    if gradient is None:
        if dims_of(x) != ():
            raise ShapeError(
                f"`backward` starts from a scalar, this is {x.dtype}{format_shape(dims_of(x))}",
                next_step="sum it up, or give its cotangent: `backward(gradient)`.",
            )
        gradient = seed(x)
    elif dims_of(gradient) != dims_of(x):
        raise ShapeError(
            f"the cotangent has shape {format_shape(dims_of(gradient))}, its value {format_shape(dims_of(x))}"
        )
    leaves = [record for record in reachable([x]) if isinstance(record, Leaf)]
    if not leaves:
        raise NotDifferentiableError(
            "`backward` of a value that depends on no Parameter",
            next_step="set `requires_grad = True` on what you differentiate with respect to, before you use it.",
        )
    with set_grad_enabled(create_graph):
        cts = pull_back([x], [gradient], leaves, release=not (retain_graph or create_graph), is_taped=create_graph)
        for leaf, ct in zip(leaves, cts, strict=True):
            if ct is not None:
                leaf.grad = call(added_up, (leaf.grad, ct), {})


@converts
def added_up(held: Tensor | None, ct: Tensor) -> Tensor:
    """The gradient of a leaf that kept `held` before: which may be decided by the graph, where one is recorded."""
    return ct if held is None else apply(ADD, held, ct)
