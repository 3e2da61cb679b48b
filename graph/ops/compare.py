"""Elementwise comparisons and logic; results are bool, or of the operands' dtype for the bitwise ones."""

from typing import Any, Final

import numpy as np

from graph.ir.lowering import Elementwise, Lowering, ScalarEmitter
from graph.ir.opdef import NotDifferentiable, OpDef, register
from graph.ops.promotion import by_ufunc
from graph.ops.scalar_rules import logically, plainly
from graph.ops.shape_rules import broadcast_effect, elementwise

DISCRETE: Final = NotDifferentiable("the result is discrete")


def _compare(name: str, ufunc: np.ufunc, lower: Lowering, symbol: str = "") -> None:
    register(
        OpDef(
            name,
            infer=elementwise(name, ufunc),
            kernel=ufunc,
            vjp=DISCRETE,
            promote=by_ufunc(ufunc),
            effect=broadcast_effect,
            symbol=symbol,
            lower=lower,
        )
    )


def shifted_left(s: ScalarEmitter, x: Any, y: Any) -> Any:
    """Zero where more bits are shifted than there are."""
    is_far = _is_far(s, y)
    return s.select(is_far, s.const(0, x.dtype), s.shift_left(x, s.select(is_far, s.const(0, y.dtype), y)))


def shifted_right(s: ScalarEmitter, x: Any, y: Any) -> Any:
    """Zero, or -1 for negative numbers, where more bits are shifted than there are."""
    is_far = _is_far(s, y)
    all_signs = s.shift_right(x, s.const(x.dtype.itemsize * 8 - 1, x.dtype)) if x.dtype.kind == "i" else 0
    return s.select(is_far, all_signs, s.shift_right(x, s.select(is_far, s.const(0, y.dtype), y)))


def _is_far(s: ScalarEmitter, y: Any) -> Any:
    is_far = s.ge(y, y.dtype.itemsize * 8)
    return s.bit_or(is_far, s.lt(y, 0)) if y.dtype.kind == "i" else is_far


_compare("eq", np.equal, plainly("eq", "biufcV"), symbol="==")
_compare("ne", np.not_equal, plainly("ne", "biufcV"), symbol="!=")
_compare("lt", np.less, plainly("lt", "biufcV"), symbol="<")
_compare("le", np.less_equal, plainly("le", "biufcV"), symbol="<=")
_compare("gt", np.greater, plainly("gt", "biufcV"), symbol=">")
_compare("ge", np.greater_equal, plainly("ge", "biufcV"), symbol=">=")

_compare("logical_and", np.logical_and, logically("bit_and"))
_compare("logical_or", np.logical_or, logically("bit_or"))
_compare("logical_xor", np.logical_xor, logically("bit_xor"))
_compare("bitwise_and", np.bitwise_and, plainly("bit_and", "biu"), symbol="&")
_compare("bitwise_or", np.bitwise_or, plainly("bit_or", "biu"), symbol="|")
_compare("bitwise_xor", np.bitwise_xor, plainly("bit_xor", "biu"), symbol="^")
_compare("shift_left", np.left_shift, Elementwise(shifted_left, "iu"), symbol="<<")
_compare("shift_right", np.right_shift, Elementwise(shifted_right, "iu"), symbol=">>")
