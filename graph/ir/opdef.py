"""The declaration of an op: everything that any part of the compiler knows about it, in one place."""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graph.aval import Type
from graph.dtypes import DType
from graph.errors import InternalError
from graph.ir.lowering import Choose, Elementwise, Lowering, Reduce
from graph.ir.onnx_form import AS_LOWERED, OnnxForm
from graph.ir.op import Op
from graph.ir.parts import WHOLE, Part, Parts, Ways, broadcasting, reduced

if TYPE_CHECKING:
    from graph.ir.differentiator import RegionVjp


class Effect(enum.IntEnum):
    """What else an op does but compute. Passes may drop, merge and move only PURE ops.

    CAN_FAIL ops may raise: they keep their place behind the test that guards them. ORDERED ops are seen from outside
    (print, assert, raise): they keep their order, and that against CAN_FAIL ops too.
    """

    PURE = 0
    CAN_FAIL = 1
    ORDERED = 2


class Again(enum.Enum):
    """What becomes of an op where a part of a program is run again on the values of its first run, for a derivative."""

    RUNS = enum.auto()
    SHOWN = enum.auto()
    """Left out, as it is seen from outside, and was. It does not fail."""
    PASSED = enum.auto()
    """Left out, as it only checks what held, unless an `attempt` may have caught that it did not."""


@dataclass(frozen=True, slots=True)
class NotDifferentiable:
    """Stands in place of a VJP: no cotangent flows through this op, and why."""

    reason: str


WEAK = (bool, int, float, complex)
"""Types of Python scalars, which adapt to the tensors that they meet (NEP 50)."""

Operand = DType | type[bool] | type[int] | type[float] | type[complex]
"""An operand as promotion sees it: a dtype, or the type of a weak Python scalar."""

# The type signature of a facet depends on the op, so the facets are open callables; their forms are:
Infer = Callable[..., Type | tuple[Type, ...]]
"""`infer(*operand_types, **attrs)`: the result type, or a tuple of them. A new symbolic size is named '?', '?1', ..."""
Kernel = Callable[..., Any]
"""`kernel(*arrays, **attrs)` with NumPy arrays or scalars in and out; several results as a tuple.

A kernel uses NumPy and other kernels only (its source is part of exported NumPy programs), and never writes to its
operands. Kernels of region ops get `regions=`, a tuple of callables."""
Vjp = Callable[..., Any]
"""`vjp(b, ct, result, *operands, **attrs)`: a tuple with, per operand, a cotangent, an `Accumulate`, or None.

With several results, `ct` and `result` are tuples, and a `ct` may be None where no cotangent came."""
Promote = Callable[[Sequence[Operand]], tuple[DType, ...]]
"""Dtypes that the operands are cast to before the op applies; raises TypeError where there are none."""


@dataclass(frozen=True, slots=True, eq=False)
class OpDef:
    """What an op declares. An absent facet says so: `vjp=NotDifferentiable(...)`, `promote=None`.

    `promote` None takes operands as they are. `symbol` is the Python operator that NumPy programs show, such as "+".
    `inplace` is the kernel's twin that may overwrite and return its first operand, used when that value is dead.
    `aliases`: the result may share memory with an operand (a view): neither may be overwritten while the other lives.
    `effect` may depend on the occurrence. `lower`: how it becomes native code; None is a callback into NumPy.
    `parts`: which parts of the operands make a part of the results; None follows from the form of `lower`.
    `again`: whether it is part of a second run on the same values. `onnx`: what it is in ONNX; by default what `lower`
    says, as far as that is no loop.
    """

    name: str
    infer: Infer
    kernel: Kernel
    vjp: "Vjp | RegionVjp | NotDifferentiable"
    promote: Promote | None
    effect: Effect | Callable[[Op], Effect] = Effect.PURE
    symbol: str = ""
    inplace: Kernel | None = None
    aliases: bool = False
    again: Again = Again.RUNS
    lower: Lowering | None = None
    parts: Parts | None = None
    onnx: OnnxForm = AS_LOWERED


_REGISTRY: Final[dict[str, OpDef]] = {}


def register(opdef: OpDef) -> OpDef:
    """Add a declaration to the vocabulary; it is fixed once `graph.ops` is imported."""
    if opdef.name in _REGISTRY:
        raise InternalError(f"op {opdef.name!r} is declared twice")
    _REGISTRY[opdef.name] = opdef
    return opdef


def lookup(name: str) -> OpDef:
    """The declaration of `name`; KeyError when there is none."""
    return _REGISTRY[name]


def all_ops() -> tuple[OpDef, ...]:
    """Every declared op, in order of declaration."""
    return tuple(_REGISTRY.values())


def effect_of(op: Op) -> Effect:
    """The effect of one occurrence: its own, or the strongest within its regions."""
    found = op.effect
    if found is None:
        found = _effect_of(op)
        object.__setattr__(op, "effect", found)  # a fact of what is frozen, found late
    return found


def _effect_of(op: Op) -> Effect:
    own = op.opdef.effect
    effect = own if isinstance(own, Effect) else own(op)
    for region in op.regions:
        for inner in region.ops:
            if effect is Effect.ORDERED:
                return effect
            effect = max(effect, effect_of(inner))
    return effect


def lowering_of(op: Op) -> Lowering | None:
    """The form in which an op becomes native code."""
    found = op.opdef.lower
    while isinstance(found, Choose):
        found = found.rule(*(v.type for v in op.operands), **op.attrs)
    return found


def ways_of(op: Op, part: Part) -> Ways:
    """The parts of its operands that make a part of all results of an op: see `parts`. None where it may fail, and its
    parts not alike."""
    if part is WHOLE:
        return ((WHOLE,) * len(op.operands),)
    found, is_pure = op.opdef.parts, effect_of(op) is Effect.PURE
    types = (op.results[0].type, *(v.type for v in op.operands))
    if found is not None:
        return found.rule(part, *types, **op.attrs) if is_pure or found.fails_alike else ()
    if not is_pure:
        return ()
    match lowering_of(op):
        case Elementwise():
            return broadcasting(part, *types)
        case Reduce():
            return reduced(part, *types, **op.attrs)
        case _:
            return ()
