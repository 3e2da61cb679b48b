"""Elementwise comparisons and logic; results are bool, or of the operands' dtype for the bitwise ones."""

from typing import Final

import numpy as np

from graph.ir.opdef import NotDifferentiable, OpDef, register
from graph.ops.promotion import by_ufunc
from graph.ops.shape_rules import broadcast_effect, elementwise

DISCRETE: Final = NotDifferentiable("the result is discrete")


def _compare(name: str, ufunc: np.ufunc, symbol: str = "") -> None:
    register(
        OpDef(
            name,
            infer=elementwise(name, ufunc),
            kernel=ufunc,
            vjp=DISCRETE,
            promote=by_ufunc(ufunc),
            effect=broadcast_effect,
            symbol=symbol,
        )
    )


_compare("eq", np.equal, symbol="==")
_compare("ne", np.not_equal, symbol="!=")
_compare("lt", np.less, symbol="<")
_compare("le", np.less_equal, symbol="<=")
_compare("gt", np.greater, symbol=">")
_compare("ge", np.greater_equal, symbol=">=")

_compare("logical_and", np.logical_and)
_compare("logical_or", np.logical_or)
_compare("logical_xor", np.logical_xor)
_compare("bitwise_and", np.bitwise_and, symbol="&")
_compare("bitwise_or", np.bitwise_or, symbol="|")
_compare("bitwise_xor", np.bitwise_xor, symbol="^")
_compare("shift_left", np.left_shift, symbol="<<")
_compare("shift_right", np.right_shift, symbol=">>")
