"""Elementwise functions of one operand. Names follow the Python array API standard, special functions SciPy.

What NumPy has as a ufunc has NumPy's dtypes (`sqrt` of i8 is f16). `rsqrt`, `sigmoid`, `softplus`, `erf` and `angle`
keep floating dtypes and take integers and bools as f64.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import DType, is_complex, is_float, real_of
from graph.errors import DTypeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Elementwise, Lowering, ScalarEmitter
from graph.ir.opdef import Kernel, NotDifferentiable, OpDef, Operand, Promote, Vjp, register
from graph.ops.compare import DISCRETE
from graph.ops.complex_rules import with_complex
from graph.ops.cotangent_rules import flat_vjp, over, times
from graph.ops.promotion import by_ufunc, to_float
from graph.ops.scalar_rules import function, logically, plainly
from graph.ops.scipy_parts import extension_of_scipy
from graph.ops.shape_rules import elementwise, quote, tensor


def _unary(
    name: str, ufunc: np.ufunc, vjp: Vjp | NotDifferentiable, lower: Lowering | None = None, symbol: str = ""
) -> None:
    """Without `lower` it is the function of floats, or complex numbers, of this name."""
    lower = function(name) if lower is None else lower
    if isinstance(lower, Elementwise):
        lower = with_complex(name, lower)
    infer, promote = elementwise(name, ufunc), by_ufunc(ufunc)
    register(OpDef(name, infer=infer, kernel=ufunc, vjp=vjp, promote=promote, symbol=symbol, lower=lower))


# Exponentials and logarithms


def result_of(b: Emitter[Any], y: Any, x: Any) -> Any:
    return y


def operand_of(b: Emitter[Any], y: Any, x: Any) -> Any:
    return x


def one_more_than_result(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.add(y, 1.0)


def one_more_than_operand(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.add(x, 1.0)


def operand_log_2(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(x, math.log(2.0))


def operand_log_10(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(x, math.log(10.0))


_unary("exp", np.exp, times(result_of))
_unary("expm1", np.expm1, times(one_more_than_result))
_unary("log", np.log, over(operand_of))
_unary("log1p", np.log1p, over(one_more_than_operand))
_unary("log2", np.log2, over(operand_log_2))
_unary("log10", np.log10, over(operand_log_10))


# Powers


def twice_result(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(y, 2.0)


def twice_operand(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(x, 2.0)


def minus_result_squared(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.neg(b.mul(y, y))


def squared(s: ScalarEmitter, x: Any) -> Any:
    return s.mul(x, x)


def one_over(s: ScalarEmitter, x: Any) -> Any:
    return s.div(1.0, x)


_unary("sqrt", np.sqrt, over(twice_result))
_unary("square", np.square, times(twice_operand), Elementwise(squared, "iufcV"))
_unary("reciprocal", np.reciprocal, times(minus_result_squared), Elementwise(one_over, "fV"))


# Trigonometric and hyperbolic functions


def cosine(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.cos(x)


def minus_sine(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.neg(b.sin(x))


def one_plus_result_squared(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.add(b.mul(y, y), 1.0)


def one_minus_result_squared(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.sub(1.0, b.mul(y, y))


def one_plus_operand_squared(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.add(b.mul(x, x), 1.0)


def one_minus_operand_squared(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.sub(1.0, b.mul(x, x))


def asin_slope(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.sqrt(b.sub(1.0, b.mul(x, x)))


def acos_slope(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.neg(asin_slope(b, y, x))


def hyperbolic_cosine(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.cosh(x)


def hyperbolic_sine(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.sinh(x)


def asinh_slope(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.sqrt(b.add(b.mul(x, x), 1.0))


def acosh_slope(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(b.sqrt(b.sub(x, 1.0)), b.sqrt(b.add(x, 1.0)))  # two roots: right on the complex plane too


_unary("sin", np.sin, times(cosine))
_unary("cos", np.cos, times(minus_sine))
_unary("tan", np.tan, times(one_plus_result_squared))
_unary("asin", np.arcsin, over(asin_slope))
_unary("acos", np.arccos, over(acos_slope))
_unary("atan", np.arctan, over(one_plus_operand_squared))
_unary("sinh", np.sinh, times(hyperbolic_cosine))
_unary("cosh", np.cosh, times(hyperbolic_sine))
_unary("tanh", np.tanh, times(one_minus_result_squared))
_unary("asinh", np.arcsinh, over(asinh_slope))
_unary("acosh", np.arccosh, over(acosh_slope))
_unary("atanh", np.arctanh, over(one_minus_operand_squared))


# Sign, rounding, tests


def neg_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.neg(ct),)


def infer_abs(x: Type) -> Aval:
    """Shape rule of `abs`: the operand's type; complex gives the real dtype."""
    aval = tensor(x, "abs")
    return Aval(real_of(aval.dtype), aval.shape)


def abs_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.mul(ct, b.sign(x)),)


def sign_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    """Zero for real `x`. For complex `x` the sign `x / |x|` moves along the circle: what is radial is projected out."""
    if not is_complex(x.dtype):
        return (None,)
    size = b.abs(x)
    radial = b.mul(y, b.real(b.mul(b.conj(y), ct)))
    return (b.div(b.sub(ct, radial), b.where(b.eq(size, 0), 1, size)),)


def round_kernel(x: Any) -> Any:
    return np.positive(x) if x.dtype.kind in "iu" else np.rint(x)


def infer_round(x: Type) -> Aval:
    """Shape rule of `round`: the operand's type. Halves go to the even neighbour; integers stay."""
    aval = tensor(x, "round")
    if aval.dtype.kind == "b":
        raise DTypeError(f"{quote('round', aval)}: no such operation on these dtypes")
    return aval


def absolute(s: ScalarEmitter, x: Any) -> Any:
    match x.dtype.kind:
        case "i":
            return s.select(s.lt(x, 0), s.neg(x), x)
        case "c":
            return s.math("hypot", s.real(x), s.imag(x))
        case "b" | "u":
            return x
        case _:
            return s.math("fabs", x)


def sign_of(s: ScalarEmitter, x: Any) -> Any:
    """NaN has the sign NaN."""
    one, zero = s.const(1, x.dtype), s.const(0, x.dtype)
    if x.dtype.kind == "u":
        return s.select(s.eq(x, 0), zero, one)
    rest = zero if x.dtype.kind == "i" else s.select(s.eq(x, 0.0), zero, x)
    return s.select(s.gt(x, zero), one, s.select(s.lt(x, zero), s.neg(one), rest))


def rounded(name: str) -> Elementwise:
    """A rounding of floats; integers are what they are."""

    def rule(s: ScalarEmitter, x: Any) -> Any:
        return x if x.dtype.kind in "biu" else s.math(name, x)

    return Elementwise(rule)


def has_sign(s: ScalarEmitter, x: Any) -> Any:
    return s.lt(s.math("copysign", s.const(1, x.dtype), x), 0.0)


def is_not_a_number(s: ScalarEmitter, x: Any) -> Any:
    return s.ne(x, x) if x.dtype.kind not in "biu" else False


def is_infinite(s: ScalarEmitter, x: Any) -> Any:
    return s.eq(s.math("fabs", x), math.inf) if x.dtype.kind not in "biu" else False


def is_finite(s: ScalarEmitter, x: Any) -> Any:
    return s.lt(s.math("fabs", x), math.inf) if x.dtype.kind not in "biu" else True


_unary("neg", np.negative, neg_vjp, plainly("neg", "iufcV"), symbol="-")
ABSOLUTE = Elementwise(absolute, "biufcV")
register(OpDef("abs", infer=infer_abs, kernel=np.absolute, vjp=abs_vjp, promote=None, lower=ABSOLUTE))
_unary("sign", np.sign, sign_vjp, Elementwise(sign_of, "iufV"))
_unary("floor", np.floor, flat_vjp, rounded("floor"))
_unary("ceil", np.ceil, flat_vjp, rounded("ceil"))
_unary("trunc", np.trunc, flat_vjp, rounded("trunc"))
register(OpDef("round", infer=infer_round, kernel=round_kernel, vjp=flat_vjp, promote=None, lower=rounded("rint")))
_unary("signbit", np.signbit, DISCRETE, Elementwise(has_sign, "fV"))
_unary("isnan", np.isnan, DISCRETE, Elementwise(is_not_a_number, "biufcV"))
_unary("isinf", np.isinf, DISCRETE, Elementwise(is_infinite))
_unary("isfinite", np.isfinite, DISCRETE, Elementwise(is_finite))
_unary("logical_not", np.logical_not, DISCRETE, logically("bit_not"))
_unary("bitwise_invert", np.invert, DISCRETE, plainly("bit_not", "biu"), symbol="~")


# Functions that NumPy has no ufunc of


def infer_float_function(name: str) -> Any:
    """Shape rule: the operand's type, which must be real and floating."""

    def infer(x: Type) -> Aval:
        aval = tensor(x, name)
        if not is_float(aval.dtype):
            raise DTypeError(f"{quote(name, aval)}: a real floating dtype is needed")
        return aval

    return infer


def floating(x: Any) -> Any:
    """`x`, or as f64 when it holds integers or bools."""
    return x.astype(np.float64) if x.dtype.kind in "biu" else x


def rsqrt_kernel(x: Any) -> Any:
    return 1 / np.sqrt(floating(x))


def rsqrt_derivative(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(b.mul(y, b.mul(y, y)), -0.5)


def sigmoid_kernel(x: Any) -> Any:
    """exp(min(x, 0)) / (1 + exp(-|x|)): no overflow, and small values keep their digits."""
    x = floating(x)
    if not x.ndim:
        return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.absolute(x)))
    whole = np.absolute(x)  # two arrays instead of six: fresh memory takes longer than the functions
    np.negative(whole, out=whole)
    np.exp(whole, out=whole)
    np.add(whole, 1, out=whole)
    part = np.minimum(x, 0)
    np.exp(part, out=part)
    return np.divide(part, whole, out=part)


def sigmoid_derivative(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(y, b.sub(1.0, y))


def softplus_kernel(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(floating(x), 0)


def softplus_derivative(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.sigmoid(x)


def erf_kernel(x: Any) -> Any:
    x = floating(x)
    return erf_of_scipy()(x).astype(x.dtype, copy=False)


@functools.cache
def erf_of_scipy() -> Any:
    """The function of SciPy's."""
    part = extension_of_scipy("special", "_special_ufuncs")
    found = getattr(part, "erf", None)
    if found is None:  # where it is, is SciPy's business
        from scipy.special import erf as found
    return found


def erf_derivative(b: Emitter[Any], y: Any, x: Any) -> Any:
    return b.mul(b.exp(b.neg(b.mul(x, x))), 2.0 / math.sqrt(math.pi))


def _float_function(name: str, kernel: Kernel, vjp: Vjp, promote: Promote = to_float) -> None:
    infer, lower = infer_float_function(name), function(name)
    register(OpDef(name, infer=infer, kernel=kernel, vjp=vjp, promote=promote, lower=lower))


_float_function("rsqrt", rsqrt_kernel, times(rsqrt_derivative))
_float_function("sigmoid", sigmoid_kernel, times(sigmoid_derivative))
_float_function("softplus", softplus_kernel, times(softplus_derivative))
_float_function("erf", erf_kernel, times(erf_derivative))


# Parts of complex numbers; real operands are their own real part


def infer_real_part(name: str) -> Any:
    """Shape rule of `real` and `imag`: the real dtype of the operand."""

    def infer(x: Type) -> Aval:
        aval = tensor(x, name)
        return Aval(real_of(aval.dtype), aval.shape)

    return infer


def real_kernel(x: Any) -> Any:
    return x.real


def real_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.cast(ct, dtype=x.dtype) if is_complex(x.dtype) else ct,)


def imag_kernel(x: Any) -> Any:
    return x.imag


def imag_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.mul(b.cast(ct, dtype=x.dtype), 1j) if is_complex(x.dtype) else None,)


def infer_conj(x: Type) -> Aval:
    """Shape rule of `conj`: the operand's type."""
    return tensor(x, "conj")


def conj_kernel(x: Any) -> Any:
    return x.conj() if x.dtype.kind == "c" else x


def conj_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    return (b.conj(ct) if is_complex(x.dtype) else ct,)


def promote_angle(operands: Sequence[Operand]) -> tuple[DType, ...]:
    """As `to_float`, but complex is kept."""
    return tuple(x if isinstance(x, np.dtype) and is_complex(x) else to_float((x,))[0] for x in operands)


def infer_angle(x: Type) -> Aval:
    """Shape rule of `angle`: the real dtype of a floating or complex operand."""
    aval = tensor(x, "angle")
    if not (is_float(aval.dtype) or is_complex(aval.dtype)):
        raise DTypeError(f"{quote('angle', aval)}: a floating or complex dtype is needed")
    return Aval(real_of(aval.dtype), aval.shape)


def angle_kernel(x: Any) -> Any:
    x = floating(x)
    return np.arctan2(x.imag, x.real) if x.dtype.kind == "c" else np.arctan2(0, x)


def angle_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any) -> tuple[Any]:
    if not is_complex(x.dtype):
        return (None,)
    size = b.abs(x)
    return (b.mul(b.mul(b.div(ct, b.mul(size, size)), x), 1j),)


def real_part(s: ScalarEmitter, x: Any) -> Any:
    return s.real(x)


def imaginary_part(s: ScalarEmitter, x: Any) -> Any:
    return s.imag(x)


def conjugate(s: ScalarEmitter, x: Any) -> Any:
    return s.complex(s.real(x), s.neg(s.imag(x))) if is_complex(x.dtype) else x


def angle_of(s: ScalarEmitter, x: Any) -> Any:
    return s.math("atan2", s.imag(x), s.real(x))


ALL = "biufcV"

for _name, _infer, _kernel, _vjp, _rule in (
    ("real", infer_real_part("real"), real_kernel, real_vjp, real_part),
    ("imag", infer_real_part("imag"), imag_kernel, imag_vjp, imaginary_part),
    ("conj", infer_conj, conj_kernel, conj_vjp, conjugate),
):
    _lower = Elementwise(_rule, ALL)
    register(OpDef(_name, infer=_infer, kernel=_kernel, vjp=_vjp, promote=None, aliases=True, lower=_lower))
register(
    OpDef(
        "angle",
        infer=infer_angle,
        kernel=angle_kernel,
        vjp=angle_vjp,
        promote=promote_angle,
        lower=Elementwise(angle_of, "fcV", 40),
    )
)
