"""Elementwise functions of two operands, which broadcast."""

from typing import Any

import numpy as np

from graph.ir.emitter import Emitter
from graph.ir.opdef import OpDef, register
from graph.ops.promotion import by_ufunc
from graph.ops.shape_rules import elementwise


def _binary(name: str, ufunc: np.ufunc, vjp: Any, symbol: str = "") -> None:
    register(
        OpDef(name, infer=elementwise(name, ufunc), kernel=ufunc, vjp=vjp, promote=by_ufunc(ufunc), symbol=symbol)
    )


def add_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    return b.unbroadcast(ct, x), b.unbroadcast(ct, y)


def sub_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    return b.unbroadcast(ct, x), b.unbroadcast(b.neg(ct), y)


def mul_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    return b.unbroadcast(b.mul(ct, y), x), b.unbroadcast(b.mul(ct, x), y)


def div_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, y: Any) -> tuple[Any, Any]:
    by_x = b.div(ct, y)
    return b.unbroadcast(by_x, x), b.unbroadcast(b.neg(b.mul(by_x, z)), y)


_binary("add", np.add, add_vjp, symbol="+")
_binary("sub", np.subtract, sub_vjp, symbol="-")
_binary("mul", np.multiply, mul_vjp, symbol="*")
_binary("div", np.true_divide, div_vjp, symbol="/")
