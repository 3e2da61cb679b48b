"""The tape: what was computed from tracked tensors, as it was computed."""

# pyright: reportPrivateUsage=false
# The tape is part of the tensor's own workings: links live in the tensor's slots.

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from eager.recorder import RECORDER, held, set_apart
from eager.tape_links import Link, Output, Record
from eager.tensor import Tensor, wrap
from graph.dtypes import DType, bfloat16, complex64, complex128, float16, float32, float64, of_scalar
from graph.errors import NotDifferentiableError
from graph.ir.opdef import NotDifferentiable, OpDef, Operand, lookup

if TYPE_CHECKING:
    from eager.tape_emitter import TapeEmitter

DIFFERENTIABLE: Final = frozenset([float16, bfloat16, float32, float64, complex64, complex128])

CONSTANT: Final = lookup("constant")

Cotangents = tuple[Tensor | None, ...]
Pullback = Callable[[Cotangents], Cotangents]


def is_tracked(x: Any) -> bool:
    """Whether `x` is a tensor whose value gradients may be asked of."""
    return isinstance(x, Tensor) and x._link is not None and x._link.alive


class OpRecord(Record):
    """An op that was applied. Keeps handles without links of its results, as links to itself would be a cycle."""

    __slots__ = ("attrs", "opdef", "results")

    def __init__(
        self, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any], results: Sequence[Tensor]
    ) -> None:
        super().__init__(operands)
        self.opdef = opdef
        self.attrs = attrs
        self.results = tuple(r._alias(None) for r in results)

    @property
    def results_count(self) -> int:
        return len(self.results)

    def pull(self, b: "TapeEmitter", cts: Sequence[Tensor | None]) -> Sequence[Any]:
        opdef = self.opdef
        rule = opdef.vjp
        if isinstance(rule, NotDifferentiable):
            raise NotDifferentiableError(
                f"`{opdef.name}` has no gradient: {rule.reason}", next_step="take what goes into it through `detach()`."
            )
        if not callable(rule):
            raise NotDifferentiableError(f"`{opdef.name}` owns regions, its gradient is that of the graph it is in")
        operands = [b.view(x) for x in self._tensors()]
        if len(self.results) == 1:
            return rule(b, b.view(cts[0]), b.view(self.results[0]._alias(self)), *operands, **self.attrs)
        results = tuple(b.view(r._alias(Output(self, i))) for i, r in enumerate(self.results))
        return rule(b, tuple(b.view(ct) for ct in cts), results, *operands, **self.attrs)

    def _tensors(self) -> Sequence[Tensor]:
        """The operands, Python scalars made tensors of the dtype that they were promoted to."""
        inputs: tuple[Any, ...] = self.inputs
        if all(isinstance(x, Tensor) for x in inputs):
            return inputs
        kinds: tuple[Any, ...] = tuple([x.dtype if isinstance(x, Tensor) else cast(Any, type(x)) for x in inputs])
        dtypes = _promoted(self.opdef, kinds)
        return [x if isinstance(x, Tensor) else _constant(x, d) for x, d in zip(inputs, dtypes, strict=True)]

    def release(self) -> None:
        super().release()
        self.results = ()


class CustomRecord(Record):
    """A computation that brings its own pullback, and one that can be differentiated itself."""

    __slots__ = ("_results_count", "higher", "pullback")

    def __init__(self, inputs: Sequence[Tensor], results_count: int, pullback: Pullback, higher: Pullback) -> None:
        super().__init__([snapshot(x) for x in inputs])
        self._results_count = results_count
        self.pullback = pullback
        self.higher = higher

    @property
    def results_count(self) -> int:
        return self._results_count

    def pull(self, b: "TapeEmitter", cts: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
        return (self.higher if b.is_taped else self.pullback)(tuple(cts))

    def release(self) -> None:
        super().release()
        self.pullback = self.higher = _used_up


class Watch(Record):
    """The identity between a value and the variable that a function is differentiated with respect to."""

    __slots__ = ()

    def pull(self, b: "TapeEmitter", cts: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
        return cts


def _used_up(cts: Cotangents) -> Cotangents:
    return ()


def snapshot(x: Tensor) -> Tensor:
    """A handle of its own for the value that `x` has now, on the tape as `x` is."""
    return held(x)._alias(x._link)


@lru_cache(maxsize=4096)
def _promoted(opdef: OpDef, kinds: tuple[Operand, ...]) -> tuple[DType, ...]:
    """The dtype of each operand in the op; what is not promoted keeps its own."""
    if opdef.promote is not None:
        return opdef.promote(kinds)
    return tuple(of_scalar(k(0)) if isinstance(k, type) else k for k in kinds)


def _constant(value: Any, dtype: DType) -> Tensor:
    recorder = RECORDER.get()
    if recorder is None:
        return wrap(dtype.type(value))
    return cast("Tensor", recorder.apply(CONSTANT, (), {"value": np.asarray(value, dtype)}))


def record_op(opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any], results: Sequence[Tensor]) -> None:
    """Put an op on the tape: links its results, fresh handles, where their dtype has gradients.

    `operands` are Python scalars, and handles that nobody else has.
    """
    if len(results) == 1:
        result = results[0]
        if result.dtype in DIFFERENTIABLE:
            result._link = OpRecord(opdef, operands, attrs, results)
    elif any(r.dtype in DIFFERENTIABLE for r in results):
        _link(OpRecord(opdef, operands, attrs, results), results)


def record_custom(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], pullback: Pullback, higher: Pullback | None = None
) -> None:
    """Put a computation on the tape that brings its own gradient, such as a compiled function.

    `outputs` are fresh handles. `pullback` takes one cotangent per output (None where none came) and returns one per
    input, or None. What it computes from tracked tensors is itself recorded, so higher orders work when it asks that
    of all that it keeps; where that costs more, `higher` does it, and `pullback` is for passes that nobody
    differentiates. Nothing here looks at data: staged tensors are welcome. Does nothing when no input is tracked.
    """
    if any(is_tracked(x) for x in inputs):
        _link(CustomRecord(inputs, len(outputs), pullback, higher or pullback), outputs)


def _link(record: Record, results: Sequence[Tensor]) -> None:
    single = len(results) == 1
    for i, result in enumerate(results):
        if result.dtype in DIFFERENTIABLE:
            result._link = record if single else Output(record, i)


def watch(x: Tensor) -> Tensor:
    """A fresh handle of the value of `x`, and a variable in its own right; gradients still flow on to what `x` is now,
    whatever its handle becomes."""
    return set_apart(held(x))._alias(Watch([snapshot(x)]))


def link_of(x: Tensor) -> Link | None:
    """The tape link of a tracked tensor."""
    return x._link if is_tracked(x) else None
