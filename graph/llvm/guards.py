"""`guard`: what a trace took for granted is tested natively; the kernel is asked where that does not settle it."""

import math
from typing import Any

import numpy as np

from graph.dtypes import bool_, complex128, float64, int64
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm.callbacks import call_back
from graph.llvm.list_memory import length_of
from graph.llvm.scalars import Scalar, Scalars
from graph.llvm.types import I32, I64, PTR
from graph.llvm.values import ListValue, Registers, Tensor
from graph.llvm.writer import Writer


def write_guard(w: Writer, op: Op, form: Lowering) -> None:
    """Where the value is not the one that is expected for certain, the kernel decides."""
    ok = _holds(w, op)
    if ok is True:
        return
    if not isinstance(ok, Scalar):
        w.call_back(op, f"as what kind of {op.attrs['kind']} Python sees this dtype is left to NumPy")
        return
    with w.code.when(w.code.b.not_(ok.value), likely=False):
        status, _ = call_back(w.s, op, [w.described(w.value(v)) for v in op.operands], "")
        w.code.fail_on(status)


def _holds(w: Writer, op: Op) -> Any:
    """Whether a guard holds: at once, as a scalar, or None where it cannot be said. False is "maybe not"."""
    s, kind = w.s, op.attrs["kind"]
    expected: Any = op.attrs["expected"]
    x = w.value(op.operands[0])
    if isinstance(x, ListValue):
        return s.eq(s.i64(length_of(s, x.block)), int(expected))
    assert isinstance(x, Registers | Tensor)
    match kind:
        case "len":
            return _same_sizes(s, x.sizes[:1], (expected,))
        case "shape":
            return _same_sizes(s, x.sizes, expected)
        case "bool" | "int" | "float" | "complex" if isinstance(x, Registers) and not x.type.shape:
            return _same_number(s, x.elements[0], kind, expected)
        case "array":
            return _same_array(w, x, expected)
        case _:
            return None


def _same_sizes(s: Scalars, sizes: Any, expected: Any) -> Any:
    ok: Any = True
    for n, wanted in zip(sizes, expected, strict=True):
        ok = s.bit_and(ok, s.eq(n, int(wanted)))
    return s.scalar(ok) if ok is False else ok


def _same_number(s: Scalars, x: Scalar, kind: str, expected: Any) -> Any:
    """Whether a number looks the same to Python."""
    source = x.dtype.kind
    match kind:
        case "bool":
            truth = s.ne(x, 0) if source != "b" else x
            return truth if expected else s.bit_not(truth)
        case "int" if source in "bi" and -(2**63) <= expected < 2**63:
            return s.eq(s.convert(x, int64), int(expected))
        case "float" if source in "fV":
            return _same_float(s, s.convert(x, float64), float(expected))
        case "complex" if source == "c":
            z = s.convert(x, complex128)
            return s.bit_and(_same_float(s, s.real(z), expected.real), _same_float(s, s.imag(z), expected.imag))
        case _:
            return None


def _same_float(s: Scalars, x: Scalar, expected: float) -> Scalar:
    """Whether they print alike; no answer for NaN."""
    same = s.eq(x, expected)
    if expected:
        return same
    return s.bit_and(same, s.eq(s.math("copysign", 1.0, x), math.copysign(1.0, expected)))


def _same_array(w: Writer, x: Registers | Tensor, expected: np.ndarray) -> Any:
    """Whether all bytes are the same."""
    if x.type.dtype != expected.dtype:
        return None
    code, s = w.code, w.s
    ok = _same_sizes(s, x.sizes, expected.shape)
    if not expected.size:
        return ok
    answer = code.slot(I32)
    code.b.store(I32(1), answer)
    address, constant = w.address(x), code.unit.constant(expected)
    with code.when(s.scalar(ok).value):
        compare = code.unit.external("memcmp", I32, [PTR, PTR, I64])
        code.b.store(code.b.call(compare, [address, constant, I64(expected.nbytes)]), answer)
    return Scalar(bool_, (code.b.icmp_signed("==", code.b.load(answer, typ=I32), I32(0)),))
