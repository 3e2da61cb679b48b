"""Elementwise functions of two operands, which broadcast. Dtypes are NumPy's.

Where `maximum` and `minimum` meet a tie, each operand gets half of the cotangent. `pow` sends nothing along the
exponent where the base is not positive, as there the power is not a function of it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from graph.dtypes import is_complex, is_integer
from graph.ir.emitter import Emitter
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, Vjp, register
from graph.ops.cotangent_rules import conj, flat_vjp
from graph.ops.promotion import by_ufunc
from graph.ops.shape_rules import broadcast_effect, elementwise


def _binary(
    name: str,
    ufunc: np.ufunc,
    vjp: Vjp | NotDifferentiable,
    symbol: str = "",
    effect: Callable[[Op], Effect] = broadcast_effect,
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


_binary("add", np.add, add_vjp, symbol="+")
_binary("sub", np.subtract, sub_vjp, symbol="-")
_binary("mul", np.multiply, mul_vjp, symbol="*")
_binary("div", np.true_divide, div_vjp, symbol="/")
_binary("floor_div", np.floor_divide, flat_vjp, symbol="//")
_binary("mod", np.remainder, mod_vjp, symbol="%")
# No symbol: NumPy's `**` computes some powers by other functions, with other last digits.
_binary("pow", np.power, pow_vjp, effect=pow_effect)


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


_binary("maximum", np.maximum, maximum_vjp)
_binary("minimum", np.minimum, minimum_vjp)


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

_binary("atan2", np.arctan2, atan2_vjp)
_binary("logaddexp", np.logaddexp, logaddexp_vjp)
_binary("hypot", np.hypot, hypot_vjp)
_binary("copysign", np.copysign, copysign_vjp)
_binary("nextafter", np.nextafter, NO_SLOPE)
