"""Elementwise functions: names of the array API standard, then NumPy's, over the registry's short ones."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from eager.creation import asarray, astype, copy
from eager.dispatch import apply
from eager.tensor import Tensor
from graph.dtypes import is_bool
from graph.errors import DTypeError
from graph.ir.opdef import WEAK, lookup

Unary = Callable[[Any], Tensor]
Binary = Callable[[Any, Any], Tensor]


def unary(name: str, op: str = "", doc: str = "") -> Unary:
    """The function `name` of one tensor (or what `asarray` takes)."""
    opdef = lookup(op or name)

    def function(x: Any, /) -> Tensor:
        return apply(opdef, x if isinstance(x, Tensor) else asarray(x))

    return _named(function, name, doc or f"Elementwise {name.replace('_', ' ')}.")


def binary(name: str, op: str = "", doc: str = "") -> Binary:
    """The function `name` of two operands that broadcast; Python numbers among them take the dtype of the other."""
    opdef = lookup(op or name)

    def function(x1: Any, x2: Any, /) -> Tensor:
        return apply(opdef, x1, x2)

    return _named(function, name, doc or f"Elementwise {name.replace('_', ' ')} of two tensors, which broadcast.")


def _named(function: Callable[..., Tensor], name: str, doc: str) -> Callable[..., Tensor]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


# Arithmetic

add: Final = binary("add")
subtract: Final = binary("subtract", "sub")
multiply: Final = binary("multiply", "mul")
divide: Final = binary("divide", "div", "Elementwise true division.")
floor_divide: Final = binary("floor_divide", "floor_div", "Elementwise quotient, rounded down.")
remainder: Final = binary("remainder", "mod", "Elementwise remainder, with the sign of the divisor.")
pow: Final = binary("pow", doc="Elementwise power.")
maximum: Final = binary("maximum", doc="The larger of two; NaN where either is.")
minimum: Final = binary("minimum", doc="The smaller of two; NaN where either is.")
atan2: Final = binary("atan2")
hypot: Final = binary("hypot")
logaddexp: Final = binary("logaddexp", doc="log(exp(x1) + exp(x2)), without overflow.")
copysign: Final = binary("copysign")
nextafter: Final = binary("nextafter")

negative: Final = unary("negative", "neg")
abs: Final = unary("abs", doc="Elementwise absolute value; of complex values the modulus.")
sign: Final = unary("sign")
signbit: Final = unary("signbit")
square: Final = unary("square")
sqrt: Final = unary("sqrt")
rsqrt: Final = unary("rsqrt", doc="One over the square root.")
reciprocal: Final = unary("reciprocal")
floor: Final = unary("floor")
ceil: Final = unary("ceil")
trunc: Final = unary("trunc")

# Exponentials, trigonometry

exp: Final = unary("exp")
expm1: Final = unary("expm1")
log: Final = unary("log")
log1p: Final = unary("log1p")
log2: Final = unary("log2")
log10: Final = unary("log10")
sin: Final = unary("sin")
cos: Final = unary("cos")
tan: Final = unary("tan")
asin: Final = unary("asin")
acos: Final = unary("acos")
atan: Final = unary("atan")
sinh: Final = unary("sinh")
cosh: Final = unary("cosh")
tanh: Final = unary("tanh")
asinh: Final = unary("asinh")
acosh: Final = unary("acosh")
atanh: Final = unary("atanh")
erf: Final = unary("erf", doc="The error function.")

# Complex numbers

real: Final = unary("real")
imag: Final = unary("imag")
conj: Final = unary("conj")
angle: Final = unary("angle")

# Comparison and logic

equal: Final = binary("equal", "eq")
not_equal: Final = binary("not_equal", "ne")
less: Final = binary("less", "lt")
less_equal: Final = binary("less_equal", "le")
greater: Final = binary("greater", "gt")
greater_equal: Final = binary("greater_equal", "ge")
logical_and: Final = binary("logical_and")
logical_or: Final = binary("logical_or")
logical_xor: Final = binary("logical_xor")
logical_not: Final = unary("logical_not")
bitwise_and: Final = binary("bitwise_and")
bitwise_or: Final = binary("bitwise_or")
bitwise_xor: Final = binary("bitwise_xor")
bitwise_invert: Final = unary("bitwise_invert")
bitwise_left_shift: Final = binary("bitwise_left_shift", "shift_left")
bitwise_right_shift: Final = binary("bitwise_right_shift", "shift_right")
isnan: Final = unary("isnan")
isinf: Final = unary("isinf")
isfinite: Final = unary("isfinite")

# NumPy's names of the same

absolute, fabs = abs, abs
true_divide = divide
mod = remainder
power = pow
conjugate = conj
invert, bitwise_not = bitwise_invert, bitwise_invert
left_shift, right_shift = bitwise_left_shift, bitwise_right_shift
arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh

ROUND: Final = lookup("round")
CLIP: Final = lookup("clip")
WHERE: Final = lookup("where")


def positive(x: Any, /) -> Tensor:
    """A handle of its own of the same value; DTypeError for bool, as in NumPy."""
    x = asarray(x)
    if is_bool(x.dtype):
        raise DTypeError(f"`positive`({x.aval}): no such operation on these dtypes")
    return copy(x)


def round(x: Any, /, decimals: int = 0) -> Tensor:
    """Rounded to the nearest, halves to even; to `decimals` places."""
    x = asarray(x)
    if not decimals:
        return apply(ROUND, x)
    scale = 10.0**decimals
    return astype(divide(apply(ROUND, multiply(x, scale)), scale), x.dtype, copy=False)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Tensor:
    """`x`, no less than `min` and no more than `max`; None sets no bound."""
    x = asarray(x)
    if min is None:
        return copy(x) if max is None else minimum(x, max)
    return maximum(x, min) if max is None else apply(CLIP, x, min, max)


def where(condition: Any, x1: Any, x2: Any, /) -> Tensor:
    """`x1` where the condition holds, else `x2`. Gradients flow to both: a NaN on the side not taken stays out of the
    result, yet 0 * NaN in a derivative is NaN; make both sides finite, or branch."""
    return apply(WHERE, condition if isinstance(condition, Tensor) else asarray(condition), x1, x2)


def nan_to_num(x: Any, /, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """`x` with NaN and the infinities replaced; by default with 0 and the largest finite values."""
    x = asarray(x)
    if x.dtype.kind not in "f":
        return copy(x)
    limit = float(np.finfo(x.dtype).max)
    result = where(isnan(x), nan, x)
    result = where(equal(result, float("inf")), limit if posinf is None else posinf, result)
    return where(equal(result, float("-inf")), -limit if neginf is None else neginf, result)


def isclose(x1: Any, x2: Any, /, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether |x1 - x2| <= atol + rtol * |x2|, elementwise."""
    a, b = (x if type(x) in WEAK else asarray(x) for x in (x1, x2))
    near = less_equal(abs(subtract(a, b)), add(multiply(abs(b), rtol), atol))
    same = logical_or(logical_and(near, logical_and(isfinite(a), isfinite(b))), equal(a, b))
    return logical_or(same, logical_and(isnan(a), isnan(b))) if equal_nan else same
