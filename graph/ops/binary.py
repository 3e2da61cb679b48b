"""Elementwise functions of two operands, which broadcast. Dtypes are NumPy's.

Where `maximum` and `minimum` meet a tie, each operand gets half of the cotangent. `pow` sends nothing along the
exponent where the base is not positive, as there the power is not a function of it.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from graph.dtypes import is_complex, is_integer
from graph.ir.emitter import Emitter
from graph.ir.lowering import Elementwise, Lowering, ScalarEmitter
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, Vjp, register
from graph.ir.parts import Parts, adding
from graph.ops.cotangent_rules import conj, flat_vjp
from graph.ops.promotion import by_ufunc
from graph.ops.scalar_rules import by_kind, function, plainly
from graph.ops.shape_rules import broadcast_effect, elementwise


def _binary(
    name: str,
    ufunc: np.ufunc,
    vjp: Vjp | NotDifferentiable,
    symbol: str = "",
    effect: Callable[[Op], Effect] = broadcast_effect,
    *,
    lower: Lowering,
    parts: Parts | None = None,
) -> None:
    register(
        OpDef(
            name,
            infer=elementwise(name, ufunc),
            kernel=ufunc,
            vjp=vjp,
            promote=by_ufunc(ufunc),
            effect=effect,
            symbol=symbol,
            lower=lower,
            parts=parts,
        )
    )


# Arithmetic


def add_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    return b.unbroadcast(ct, x), b.unbroadcast(ct, y)


def sub_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    by_y = b.unbroadcast(b.neg(ct), y) if b.wants(y) else None
    return b.unbroadcast(ct, x), by_y


def mul_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    by_x = b.unbroadcast(b.mul(ct, conj(b, y)), x) if b.wants(x) else None
    by_y = b.unbroadcast(b.mul(ct, conj(b, x)), y) if b.wants(y) else None
    return by_x, by_y


def div_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    by_x = b.div(ct, conj(b, y))
    by_y = b.unbroadcast(b.neg(b.mul(by_x, conj(b, z))), y) if b.wants(y) else None
    return b.unbroadcast(by_x, x), by_y


def mod_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    by_y = b.unbroadcast(b.neg(b.mul(ct, b.floor_div(x, y))), y) if b.wants(y) else None
    return b.unbroadcast(ct, x), by_y


def pow_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """x: ct * y * x**(y-1), where y is 0 simply 0. y: ct * z * log(x) where that is real, else 0."""
    by_x = by_y = None
    if b.wants(x):
        is_zero = b.eq(y, 0)
        slope = b.mul(y, b.pow(x, b.where(is_zero, 1, b.sub(y, 1))))
        by_x = b.unbroadcast(b.mul(ct, conj(b, slope)), x)
    if b.wants(y):
        has_log = b.ne(x, 0) if is_complex(x.dtype) else b.gt(x, 0)
        slope = b.mul(z, b.log(b.where(has_log, x, 1)))
        by_y = b.unbroadcast(b.mul(ct, conj(b, slope)), y)
    return by_x, by_y


def pow_effect(op: Op) -> Effect:
    """Integers to negative powers raise."""
    return Effect.CAN_FAIL if is_integer(op.operands[1].dtype) else broadcast_effect(op)


def float_divmod(s: ScalarEmitter, x: Any, y: Any) -> tuple[Any, Any]:
    """Quotient and remainder as NumPy has them: the remainder is exact and has the sign of `y`."""
    rest = s.math("fmod", x, y)
    is_other_side = s.bit_and(s.ne(rest, 0.0), s.bit_xor(s.lt(y, 0.0), s.lt(rest, 0.0)))
    quotient = s.div(s.sub(x, rest), y)
    quotient = s.select(is_other_side, s.sub(quotient, 1.0), quotient)
    floor = s.math("floor", quotient)
    floor = s.select(s.gt(s.sub(quotient, floor), 0.5), s.add(floor, 1.0), floor)
    floor = s.select(s.eq(quotient, 0.0), s.math("copysign", s.const(0.0, x.dtype), s.div(x, y)), floor)
    signed_zero = s.math("copysign", s.const(0.0, x.dtype), y)
    modulo = s.select(is_other_side, s.add(rest, y), s.select(s.eq(rest, 0.0), signed_zero, rest))
    is_zero = s.eq(y, 0.0)
    return s.select(is_zero, s.div(x, y), floor), s.select(is_zero, rest, modulo)


def integer_divmod(s: ScalarEmitter, x: Any, y: Any) -> tuple[Any, Any]:
    """Quotient and remainder as NumPy has them: rounded down; both are 0 where `y` is."""
    is_zero = s.eq(y, 0)
    if x.dtype.kind == "u":
        safe = s.select(is_zero, s.const(1, x.dtype), y)
        return s.select(is_zero, 0, s.quotient(x, safe)), s.select(is_zero, 0, s.remainder(x, safe))
    is_minus_one = s.eq(y, -1)  # the smallest integer over -1 overflows
    safe = s.select(s.bit_or(is_zero, is_minus_one), s.const(1, x.dtype), y)
    quotient, rest = s.quotient(x, safe), s.remainder(x, safe)
    is_other_side = s.bit_and(s.ne(rest, 0), s.lt(s.bit_xor(rest, y), 0))
    quotient = s.select(is_other_side, s.sub(quotient, 1), quotient)
    rest = s.select(is_other_side, s.add(rest, y), rest)
    return s.select(is_zero, 0, s.select(is_minus_one, s.neg(x), quotient)), s.select(is_zero, 0, rest)


def both(divmod_rule: Callable[..., tuple[Any, Any]], which: int) -> Callable[..., Any]:
    def rule(s: ScalarEmitter, x: Any, y: Any) -> Any:
        return divmod_rule(s, x, y)[which]

    return rule


def integer_power(s: ScalarEmitter, x: Any, y: Any) -> Any:
    """By squaring, one step for each bit of the exponent."""
    result, square = s.const(1, x.dtype), x
    for bit in range(x.dtype.itemsize * 8 - (x.dtype.kind == "i")):
        is_set = s.ne(s.bit_and(y, s.const(1 << bit, y.dtype)), 0)
        result = s.select(is_set, s.mul(result, square), result)
        square = s.mul(square, square)
    return result


def float_power(s: ScalarEmitter, x: Any, y: Any) -> Any:
    return s.math("pow", x, y)


def power_is_integer(s: ScalarEmitter, x: Any, y: Any) -> Any:
    return s.ge(y, 0) if y.dtype.kind == "i" else True


POWER = dataclasses.replace(by_kind(f=float_power, V=float_power, iu=integer_power), cost=40, valid=power_is_integer)
QUOTIENT = by_kind(f=both(float_divmod, 0), V=both(float_divmod, 0), iu=both(integer_divmod, 0))
REMAINDER = by_kind(f=both(float_divmod, 1), V=both(float_divmod, 1), iu=both(integer_divmod, 1))

_binary("add", np.add, add_vjp, symbol="+", lower=plainly("add", "biufcV"), parts=Parts(adding))
_binary("sub", np.subtract, sub_vjp, symbol="-", lower=plainly("sub", "iufcV"), parts=Parts(adding))
_binary("mul", np.multiply, mul_vjp, symbol="*", lower=plainly("mul", "biufcV"))
_binary("div", np.true_divide, div_vjp, symbol="/", lower=plainly("div", "fcV"))
_binary("floor_div", np.floor_divide, flat_vjp, symbol="//", lower=dataclasses.replace(QUOTIENT, cost=30))
_binary("mod", np.remainder, mod_vjp, symbol="%", lower=dataclasses.replace(REMAINDER, cost=30))
# No symbol: NumPy's `**` computes some powers by other functions, with other last digits.
_binary("pow", np.power, pow_vjp, effect=pow_effect, lower=POWER)


# The larger and the smaller


def _split_at_tie(b: Emitter[Any], ct: Any, chosen: Any, tie: Any) -> Any:
    return b.where(chosen, ct, b.where(tie, b.mul(ct, 0.5), 0))


def maximum_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    tie = b.eq(x, y)
    by_x = b.unbroadcast(_split_at_tie(b, ct, b.gt(x, y), tie), x) if b.wants(x) else None
    by_y = b.unbroadcast(_split_at_tie(b, ct, b.lt(x, y), tie), y) if b.wants(y) else None
    return by_x, by_y


def minimum_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    tie = b.eq(x, y)
    by_x = b.unbroadcast(_split_at_tie(b, ct, b.lt(x, y), tie), x) if b.wants(x) else None
    by_y = b.unbroadcast(_split_at_tie(b, ct, b.gt(x, y), tie), y) if b.wants(y) else None
    return by_x, by_y


def larger(s: ScalarEmitter, x: Any, y: Any) -> Any:
    """NaN where either is. Beside a number known now it is one instruction of processors."""
    if s.is_number(y):
        return s.select(s.lt(x, y), y, x)
    return s.select(s.bit_or(s.ge(x, y), s.ne(x, x)), x, y)


def smaller(s: ScalarEmitter, x: Any, y: Any) -> Any:
    """NaN where either is. Beside a number known now it is one instruction of processors."""
    if s.is_number(y):
        return s.select(s.gt(x, y), y, x)
    return s.select(s.bit_or(s.le(x, y), s.ne(x, x)), x, y)


_binary("maximum", np.maximum, maximum_vjp, lower=Elementwise(larger))
_binary("minimum", np.minimum, minimum_vjp, lower=Elementwise(smaller))


# Functions of two real numbers


def atan2_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    scaled = b.div(ct, b.add(b.mul(x, x), b.mul(y, y)))
    return b.unbroadcast(b.mul(scaled, y), x), b.unbroadcast(b.neg(b.mul(scaled, x)), y)


def logaddexp_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    by_x = b.mul(ct, b.sigmoid(b.sub(x, y)))
    by_y = b.mul(ct, b.sigmoid(b.sub(y, x)))
    return b.unbroadcast(by_x, x), b.unbroadcast(by_y, y)


def hypot_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """At the origin, which has no direction, zero."""
    scaled = b.div(ct, b.where(b.eq(z, 0), 1, z))
    return b.unbroadcast(b.mul(scaled, x), x), b.unbroadcast(b.mul(scaled, y), y)


def copysign_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, None]:
    turned = b.mul(b.sign(x), b.sign(z))
    return b.unbroadcast(b.mul(ct, turned), x), None


NO_SLOPE = NotDifferentiable("the next floating-point number is not a smooth function")

_binary("atan2", np.arctan2, atan2_vjp, lower=function("atan2"))
_binary("logaddexp", np.logaddexp, logaddexp_vjp, lower=function("logaddexp"))
_binary("hypot", np.hypot, hypot_vjp, lower=function("hypot"))
_binary("copysign", np.copysign, copysign_vjp, lower=function("copysign"))
_binary("nextafter", np.nextafter, NO_SLOPE, lower=function("nextafter"))
