"""Algebraic simplification, one op at a time. Every rule keeps every bit: x + 0.0 is not x, nor is x * 0 always 0."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from graph.aval import OptionalType
from graph.dtypes import DType, bfloat16
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.passes.nested import in_functions, once, renamed, replaced, visited, with_body


@dataclass(slots=True)
class _Context:
    """What the rules may ask: how values were made in this region, and their constants."""

    made: dict[Value, Op] = field(default_factory=dict[Value, Op])

    def constant(self, value: Value) -> np.ndarray | None:
        op = self.made.get(value)
        return np.asarray(op.attrs["value"]) if op is not None and op.name == "constant" else None

    def by(self, value: Value, name: str) -> Op | None:
        """The op that made `value`, if it is a `name`."""
        op = self.made.get(value)
        return op if op is not None and op.name == name else None

    def is_all(self, value: Value, wanted: float) -> bool:
        """Whether `value` is a constant whose every element is `wanted`, with its sign of zero."""
        array = self.constant(value)
        if array is None or array.dtype.kind not in "iuf" or array.size == 0:
            return False
        if array.ndim == 0:
            number: Any = array.item()
            signed = wanted == 0 and array.dtype.kind == "f"
            return bool(number == wanted) and (not signed or math.copysign(1, number) == math.copysign(1, wanted))
        same = array == wanted
        if wanted == 0 and array.dtype.kind == "f":
            same = same & (np.signbit(array) == np.signbit(wanted))
        return bool(np.all(same))

    def is_flag(self, value: Value, wanted: bool) -> bool:
        """Whether `value` is a constant of booleans that are all `wanted`."""
        array = self.constant(value)
        return array is not None and array.dtype.kind == "b" and array.size > 0 and bool(np.all(array == wanted))


Rule = Callable[[_Context, Op], "Value | Op | None"]
"""The value that the op's result is, or a simpler op for the same result, or None."""


def simplify(graph: Graph) -> Graph:
    """Apply the rules to each op in order, in regions and functions too."""
    return in_functions(_simplify(graph), _simplify)


@once
def _simplify(graph: Graph) -> Graph:
    context = _Context()
    env: dict[Value, Value] = {}
    ops: list[Op] = []
    for old in graph.ops:
        op = visited(old, env, _simplify)
        made = _applied(context, op)
        if isinstance(made, Value):
            env[op.result] = made
            continue
        ops.append(made)
        for v in made.results:
            context.made[v] = made
    return with_body(graph, ops, renamed(graph.results, env))


def _applied(context: _Context, op: Op) -> Value | Op:
    """What the rules make of an op, and of what they made."""
    while True:
        rule = RULES.get(op.name)
        found = None if rule is None else rule(context, op)
        if found is None or isinstance(found, Value):
            return op if found is None else found
        op = found


def _keeps_type(op: Op, value: Value) -> Value | None:
    return value if value.type == op.result.type else None


def _is_real(op: Op) -> bool:
    return all(v.dtype.kind in "iuf" for v in op.operands)


def _broadcasting(context: _Context, op: Op) -> Op | None:
    """No `broadcast_to` of an operand where another one has the result's shape: the op broadcasts by itself."""
    for i, operand in enumerate(op.operands):
        made = context.by(operand, "broadcast_to")
        if made is None:
            continue
        others = (*op.operands[:i], *op.operands[i + 1 :])
        if any(v.shape == op.result.shape for v in others):
            return replaced(op, operands=(*op.operands[:i], made.operands[0], *op.operands[i + 1 :]))
    return None


def _add(context: _Context, op: Op) -> Value | Op | None:
    """x + -0.0 is x, and for integers x + 0."""
    if not _is_real(op):
        return None
    zero = -0.0 if op.result.dtype.kind == "f" else 0
    x, y = op.operands
    if context.is_all(y, zero):
        return _keeps_type(op, x)
    if context.is_all(x, zero):
        return _keeps_type(op, y)
    return _broadcasting(context, op)


def _sub(context: _Context, op: Op) -> Value | Op | None:
    """x - 0.0 is x."""
    x, y = op.operands
    if _is_real(op) and context.is_all(y, 0.0):
        return _keeps_type(op, x)
    return _broadcasting(context, op)


def _mul(context: _Context, op: Op) -> Value | Op | None:
    """x * 1 is x; not for complex x, as infinity times 0 in it is NaN."""
    if not _is_real(op):
        return None
    x, y = op.operands
    if context.is_all(y, 1):
        return _keeps_type(op, x)
    if context.is_all(x, 1):
        return _keeps_type(op, y)
    return _broadcasting(context, op)


def _div(context: _Context, op: Op) -> Value | Op | None:
    """x / 1 is x where it has the dtype of x."""
    x, y = op.operands
    if _is_real(op) and context.is_all(y, 1):
        return _keeps_type(op, x)
    return _broadcasting(context, op)


def _floor_div(context: _Context, op: Op) -> Value | Op | None:
    """x // 1 is x for integers."""
    x, y = op.operands
    if x.dtype.kind in "iu" and context.is_all(y, 1):
        return _keeps_type(op, x)
    return _broadcasting(context, op)


def _pow(context: _Context, op: Op) -> Value | Op | None:
    """x ** 1 is x, and x ** 2 the square, as NumPy computes it for one exponent."""
    x, y = op.operands
    if not _is_real(op):
        return None
    if context.is_all(y, 1):
        return _keeps_type(op, x)
    is_square = y.ndim == 0 and x.dtype.kind == "f" and context.is_all(y, 2) and x.type == op.result.type
    return Op(lookup("square"), (x,), op.results, MappingProxyType({}), (), op.loc) if is_square else None


def _logical(context: _Context, op: Op) -> Value | Op | None:
    """`x and True` is x, `x and False` is False; `or` the other way round; with itself, x is x."""
    neutral = op.name == "logical_and"
    x, y = op.operands
    for one, other in ((x, y), (y, x)):
        if context.is_flag(one, neutral) or one is other:
            return _keeps_type(op, other)
        if context.is_flag(one, not neutral):
            return _keeps_type(op, one)
    return _broadcasting(context, op)


def _involution(context: _Context, op: Op) -> Value | None:
    """f(f(x)) is x: negation, logical and bitwise complement, conjugation."""
    inner = context.by(op.operands[0], op.name)
    return None if inner is None else _keeps_type(op, inner.operands[0])


def _idempotent(context: _Context, op: Op) -> Value | None:
    """f(f(x)) is f(x)."""
    inner = context.by(op.operands[0], op.name)
    return None if inner is None else _keeps_type(op, op.operands[0])


def _transpose(context: _Context, op: Op) -> Value | Op | None:
    """One transpose for two; none where the axes stay."""
    axes = _axes(op)
    inner = context.by(op.operands[0], "transpose")
    source = op.operands[0]
    if inner is not None:
        first = _axes(inner)
        axes, source = tuple(first[a] for a in axes), inner.operands[0]
    if axes == tuple(range(len(axes))):
        return _keeps_type(op, source)
    return None if inner is None else replaced(op, operands=(source,), attrs=MappingProxyType({"axes": axes}))


def _axes(op: Op) -> tuple[int, ...]:
    axes: Any = op.attrs["axes"]
    return tuple(a % len(axes) for a in axes)


def _reshape(context: _Context, op: Op) -> Value | Op | None:
    """One reshape for two; none where the shape stays. Only where the number of elements is known to stay."""
    same = _unmoved(context, op)
    inner = _reshaped(context, op.operands[0])
    if same is not None or inner is None or not (_is_static(op.result) and _is_static(inner)):
        return same
    return replaced(op, operands=(inner, *op.operands[1:]))


def _unmoved(context: _Context, op: Op) -> Value | None:
    """Where an axis of one comes and goes, or a reshape goes back, the value that it began with."""
    x = op.operands[0]
    inner = _reshaped(context, x)
    return next((v for v in (x, inner) if v is not None and _is_static(v) and v.type == op.result.type), None)


def _reshaped(context: _Context, value: Value) -> Value | None:
    """What has the same elements in the same order, by the op that made `value`."""
    made = context.made.get(value)
    return made.operands[0] if made is not None and made.name in ("reshape", "expand_dims", "squeeze") else None


def _broadcast_to(context: _Context, op: Op) -> Value | None:
    """Nothing to do where the shape stays."""
    return _keeps_type(op, op.operands[0]) if _is_static(op.result) else None


def _is_static(value: Value) -> bool:
    return all(isinstance(d, int) for d in value.shape)


def _cast(context: _Context, op: Op) -> Value | Op | None:
    """No cast to the dtype that a value has or came from without loss."""
    x = op.operands[0]
    if x.dtype == op.result.dtype:
        return _keeps_type(op, x)
    inner = context.by(x, "cast")
    if inner is None:
        return None
    source = inner.operands[0]
    return _keeps_type(op, source) if is_lossless(source.dtype, x.dtype) else None


def is_lossless(source: DType, target: DType) -> bool:
    """Whether every value of `source` is one of `target`. (NumPy calls int64 to float64 safe; it is not.)"""
    if source == target or source.kind == "b":
        return True
    if source.kind in "iu" and target.kind in "iu":
        return np.can_cast(source, target, "safe")
    bits: dict[DType, int] = {np.dtype(np.float16): 11, np.dtype(np.float32): 24, np.dtype(np.float64): 53}
    if source.kind in "iu":
        return target in bits and source.itemsize * 8 - (source.kind == "i") <= bits[target]
    if source == bfloat16:
        return target in (np.dtype(np.float32), np.dtype(np.float64))
    return source.kind == "f" and target.kind in "f" and np.can_cast(source, target, "safe")


def _where(context: _Context, op: Op) -> Value | Op | None:
    """`where(c, x, x)` is x, `where(c, True, False)` is c; with a constant condition, the one side."""
    test, x, y = op.operands
    if x is y:
        return _keeps_type(op, x)
    if context.is_flag(x, True) and context.is_flag(y, False):
        return _keeps_type(op, test)
    array = context.constant(test)
    if array is None or array.ndim:
        return _broadcasting(context, op)
    return _keeps_type(op, x if array else y)


def _is_some(context: _Context, op: Op) -> Op | None:
    """Known where the value was made here."""
    made = context.made.get(op.operands[0])
    if made is None or made.name not in ("some", "none"):
        return None
    if made.operands and isinstance(made.operands[0].type, OptionalType):
        return None
    value = np.array(made.name == "some")
    value.setflags(write=False)
    return Op(lookup("constant"), (), op.results, MappingProxyType({"value": value}), (), op.loc)


def _unwrap(context: _Context, op: Op) -> Value | None:
    """`unwrap(some(x))` is x."""
    made = context.by(op.operands[0], "some")
    return None if made is None else _keeps_type(op, made.operands[0])


def _list_len(context: _Context, op: Op) -> Op | None:
    """The length of a list that was made here."""
    made = context.by(op.operands[0], "list_make")
    if made is None:
        return None
    value = np.array(len(made.operands), np.int64)
    value.setflags(write=False)
    return Op(lookup("constant"), (), op.results, MappingProxyType({"value": value}), (), op.loc)


RULES: Final[Mapping[str, Rule]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "floor_div": _floor_div,
    "pow": _pow,
    "mod": _broadcasting,
    "maximum": _broadcasting,
    "minimum": _broadcasting,
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), _broadcasting),
    "logical_and": _logical,
    "logical_or": _logical,
    "neg": _involution,
    "logical_not": _involution,
    "bitwise_invert": _involution,
    "conj": _involution,
    "abs": _idempotent,
    "floor": _idempotent,
    "ceil": _idempotent,
    "trunc": _idempotent,
    "stop_gradient": _idempotent,
    "transpose": _transpose,
    "reshape": _reshape,
    "expand_dims": _unmoved,
    "squeeze": _unmoved,
    "broadcast_to": _broadcast_to,
    "cast": _cast,
    "where": _where,
    "is_some": _is_some,
    "unwrap": _unwrap,
    "unwrap_or_zeros": _unwrap,
    "list_len": _list_len,
}
