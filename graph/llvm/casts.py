"""Conversion of elements between dtypes, with the results that NumPy gives on this machine.

A float that no integer of the dtype stands for gives what the processor's conversion gives: the smallest integer of 32
or 64 bits, cut to the width of the dtype.
"""

from typing import Any

from graph.dtypes import DType, bfloat16, bool_, float16, float32, float64, int64
from graph.llvm import ir
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.types import FLOAT, I16, I32, I64, is_signed, part_of, register_type


def converted(code: Code, source: DType, parts: tuple[ir.Value, ...], target: DType) -> tuple[ir.Value, ...]:
    """The registers of `x.astype(target)`."""
    b = code.b
    if source.kind == "c":
        if target.kind == "c":
            return tuple(_between_floats(b, part_of(source), p, part_of(target)) for p in parts)
        if target == bool_:
            re, im = (_is_not_zero(b, p) for p in parts)
            return (b.or_(re, im),)
        return converted(code, part_of(source), parts[:1], target)
    (x,) = parts
    if target.kind == "c":
        part = part_of(target)
        return (*converted(code, source, parts, part), make.Constant(register_type(part), 0.0))
    if target == bool_:
        return (b.icmp_unsigned("!=", x, x.type(0)) if source.kind in "iu" else _is_not_zero(b, x),)
    if source.kind in "iub":
        return (_from_integer(b, source, x, target),)
    if target.kind in "iu":
        return (_to_integer(code, source, x, target),)
    return (_between_floats(b, source, x, target),)


def _is_not_zero(b: Any, x: ir.Value) -> ir.Value:
    return b.fcmp_unordered("!=", x, make.Constant(x.type, 0.0))


def _from_integer(b: Any, source: DType, x: ir.Value, target: DType) -> ir.Value:
    kind = register_type(target)
    if target.kind in "iu":
        if source == bool_ or target.itemsize > source.itemsize:
            return (b.sext if is_signed(source) else b.zext)(x, kind)
        return b.trunc(x, kind) if target.itemsize < source.itemsize else x
    if target == float16:  # by float32, as NumPy does
        kind = FLOAT
    made = (b.sitofp if is_signed(source) else b.uitofp)(x, kind)
    return _between_floats(b, float32, made, target) if target in (float16, bfloat16) else made


def _to_integer(code: Code, source: DType, x: ir.Value, target: DType) -> ir.Value:
    """By way of int32 for narrow integers, of int64 for wide ones."""
    b = code.b
    if source in (float16, bfloat16):
        x, source = _between_floats(b, source, x, float32), float32
    kind = register_type(target)
    if target.kind == "u" and target.itemsize == 8:
        return _to_uint64(code, x)
    wide = I64 if target.itemsize == 8 or (target.kind == "u" and target.itemsize == 4) else I32
    limit = 2.0 ** (wide.width - 1)
    low = b.fcmp_ordered(">=", x, make.Constant(x.type, -limit))
    high = b.fcmp_ordered("<", x, make.Constant(x.type, limit))
    fits = b.and_(low, high)
    made = b.fptosi(b.select(fits, x, make.Constant(x.type, 0.0)), wide)
    made = b.select(fits, made, wide(-(1 << (wide.width - 1))))
    return made if wide == kind else b.trunc(made, kind)


def _to_uint64(code: Code, x: ir.Value) -> ir.Value:
    """Numbers from 2**63 on are converted less that, and it is added again."""
    b = code.b
    limit = make.Constant(x.type, 2.0**63)
    is_large = b.fcmp_ordered(">=", x, limit)
    small = _to_integer(code, float32 if x.type == FLOAT else float64, x, int64)
    rest = _to_integer(code, float32 if x.type == FLOAT else float64, b.fsub(x, limit), int64)
    return b.select(is_large, b.xor(rest, I64(-(1 << 63))), small)


def _between_floats(b: Any, source: DType, x: ir.Value, target: DType) -> ir.Value:
    if source == target:
        return x
    if target == bfloat16:
        if source == float64:
            x = b.fptrunc(x, FLOAT)
        elif source == float16:
            x = b.fpext(x, FLOAT)
        return rounded_to_bfloat16(b, x)
    have = float32 if source == bfloat16 else source
    if have.itemsize == target.itemsize:
        return x
    return (b.fpext if target.itemsize > have.itemsize else b.fptrunc)(x, register_type(target))


def rounded_to_bfloat16(b: Any, x: ir.Value) -> ir.Value:
    """A float32 rounded to the nearest bfloat16, halves to even; NaN stays NaN."""
    bits = b.bitcast(x, I32)
    odd = b.and_(b.lshr(bits, I32(16)), I32(1))
    rounded = b.and_(b.add(bits, b.add(odd, I32(0x7FFF))), I32(0xFFFF0000))
    quiet = b.or_(b.and_(bits, I32(0xFFFF0000)), I32(0x00400000))
    return b.bitcast(b.select(b.fcmp_unordered("uno", x, x), quiet, rounded), FLOAT)


def bfloat16_bits(b: Any, x: ir.Value) -> ir.Value:
    """The 16 bits of a rounded bfloat16, as it lies in memory."""
    return b.trunc(b.lshr(b.bitcast(x, I32), I32(16)), I16)


def bfloat16_from_bits(b: Any, bits: ir.Value) -> ir.Value:
    """The float32 that a bfloat16 in memory stands for."""
    return b.bitcast(b.shl(b.zext(bits, I32), I32(16)), FLOAT)
