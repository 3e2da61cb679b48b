"""Elementwise functions of one operand. Names follow the Python array API standard, special functions SciPy."""

from typing import Any

import numpy as np

from graph.ir.emitter import Emitter
from graph.ir.opdef import OpDef, register
from graph.ops.promotion import by_ufunc
from graph.ops.shape_rules import elementwise


def _unary(name: str, ufunc: np.ufunc, vjp: Any, symbol: str = "") -> None:
    register(
        OpDef(name, infer=elementwise(name, ufunc), kernel=ufunc, vjp=vjp, promote=by_ufunc(ufunc), symbol=symbol)
    )


def neg_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.neg(ct),)


def exp_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.mul(ct, y),)


def log_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.div(ct, x),)


def tanh_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.mul(ct, b.sub(1.0, b.mul(y, y))),)


def sin_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.mul(ct, b.cos(x)),)


def cos_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.neg(b.mul(ct, b.sin(x))),)


def abs_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.mul(ct, b.sign(x)),)


_unary("neg", np.negative, neg_vjp, symbol="-")
_unary("exp", np.exp, exp_vjp)
_unary("log", np.log, log_vjp)
_unary("tanh", np.tanh, tanh_vjp)
_unary("sin", np.sin, sin_vjp)
_unary("cos", np.cos, cos_vjp)
_unary("abs", np.absolute, abs_vjp)
