"""Arithmetic on cotangents of any type: sums and zeros of tensors, lists, and values that may be missing."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import numpy as np

from graph.aval import Aval, Type
from graph.errors import InternalError
from graph.ir.differentiator import Differentiator
from graph.ir.emitter import Emitter
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxRule
from graph.ir.opdef import NotDifferentiable, OpDef, register
from graph.ir.value import Value
from graph.ops.list_onnx import same_onnx, sum_onnx, zeros_onnx
from graph.ops.regions import is_covered


def zeros_of(x: Any) -> Any:
    """Zeros like a run-time value: a tensor, a list of zeros, or nothing for a missing value."""
    if x is None:
        return None
    if isinstance(x, list):
        return [zeros_of(item) for item in cast("list[Any]", x)]
    return np.zeros_like(x)[()]


def sum_of(x: Any, y: Any) -> Any:
    """The sum of two cotangents of one value; a missing one is zero."""
    if x is None:
        return y
    if y is None:
        return x
    if isinstance(x, list):
        return [sum_of(a, b) for a, b in zip(cast("list[Any]", x), y, strict=True)]
    return np.add(x, y)


def infer_add_any(x: Type, y: Type) -> Type:
    """Shape rule of `add_any`: two cotangents of one value -> their sum."""
    if type(x) is not type(y):
        raise InternalError(f"cotangents {x} and {y} are not of one value")
    return x


def add_any_kernel(x: Any, y: Any) -> Any:
    return sum_of(x, y)


def add_any_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    return ct, ct


def infer_zeros_like_any(x: Type) -> Type:
    """Shape rule of `zeros_like_any`: the zero cotangent of a list or of a value that may be missing."""
    return x


def zeros_like_any_kernel(x: Any) -> Any:
    return zeros_of(x)


def infer_narrow(x: Type, *, type: Type) -> Type:
    """Shape rule of `narrow(x)`: the same value under a type that knows more of its sizes."""
    if not is_covered(type, x):
        raise InternalError(f"{x} does not cover {type}")
    return type


def narrow_kernel(x: Any, *, type: Type) -> Any:
    return x


def narrow_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, type: Type) -> tuple[Any]:
    return (ct,)


ADD_ANY = register(
    OpDef(
        "add_any",
        infer=infer_add_any,
        kernel=add_any_kernel,
        vjp=add_any_vjp,
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxRule(sum_onnx),
    )
)
ZEROS_LIKE_ANY = register(
    OpDef(
        "zeros_like_any",
        infer=infer_zeros_like_any,
        kernel=zeros_like_any_kernel,
        vjp=NotDifferentiable("zeros are constant"),
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxRule(zeros_onnx),
    )
)


NARROW = register(
    OpDef(
        "narrow",
        infer=infer_narrow,
        kernel=narrow_kernel,
        vjp=narrow_vjp,
        promote=None,
        aliases=True,
        lower=BuiltIn(),
        onnx=OnnxRule(same_onnx),
    )
)


def add_cotangents(b: Emitter[Any], x: Any, y: Any) -> Any:
    """The sum of two cotangents of one value, whatever its type."""
    return b.add(x, y) if isinstance(b.type_of(x), Aval) else b.add_any(x, y)


def as_known(b: Emitter[Value], ct: Value, primal: Type) -> Value:
    """A cotangent in the sizes of its primal, where those are known and a branch or a loop has lost them."""
    if not isinstance(primal, Aval):
        return ct if is_covered(ct.type, primal) else b.narrow(ct, type=_of_both(primal, ct.type))
    if not any(isinstance(k, int) and k != own for k, own in zip(primal.shape, ct.shape, strict=True)):
        return ct
    sizes = zip(primal.shape, b.shape_of(ct), strict=True)
    return b.reshape(ct, [k if isinstance(k, int) else own for k, own in sizes])


def _of_both(primal: Type, ct: Type) -> Type:
    """The type of a cotangent with the sizes that its primal knows."""
    if isinstance(primal, Aval) and isinstance(ct, Aval):
        dims = zip(primal.shape, ct.shape, strict=True)
        return Aval(ct.dtype, tuple(k if isinstance(k, int) else own for k, own in dims))
    assert not isinstance(primal, Aval)
    assert not isinstance(ct, Aval)
    return type(ct)(_of_both(primal.element, ct.element))


class OperandSums:
    """Cotangents of the operands of a region op, some of which enter its backward half as sums so far.

    Where one value is passed twice, only its first place is seeded with the sum; the others start at zero.
    """

    def __init__(self, d: Differentiator, operands: Sequence[Value], seeded: Collection[int]) -> None:
        self._d = d
        self._operands = operands
        self._holds_sum: set[int] = set()
        seen: set[Value] = set()
        for p in sorted(seeded):
            if operands[p] not in seen:
                self._holds_sum.add(p)
            seen.add(operands[p])

    def seed(self, p: int) -> Value:
        """The seed of a seeded operand: its sum so far, or zeros."""
        operand = self._operands[p]
        so_far = self._d.sum_of(operand) if p in self._holds_sum else None
        return self._d.b.zeros_like(operand) if so_far is None else so_far

    def put(self, cts: Mapping[int, Value]) -> None:
        """Take what the backward half yields, by operand: new sums replace old ones, other cotangents are added."""
        for p, ct in cts.items():
            if p in self._holds_sum:
                self._d.replace(self._operands[p], ct)
        for p, ct in cts.items():
            if p not in self._holds_sum:
                self._d.add(self._operands[p], ct)
