"""Functions of floats, by the names that scalar rules call them: nodes, or sums of nodes where there is no kernel.

ONNX Runtime has no float64 kernels of the inverse trigonometric and hyperbolic functions. The angles are made by a
float32 one and a step of Newton's, which squares its error twice: `d = sin(a - y) / cos(a - y)` of an estimate `y`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from dy2static.errors import ExportError
from dy2static.export.onnx.kernels import computes_in
from graph.dtypes import SHORT_NAMES, float32
from graph.ir.onnx_form import OnnxEmitter
from graph.llvm.math import coefficients

NODES: Final = {
    "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin",
    "acos": "Acos", "atan": "Atan", "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh", "asinh": "Asinh",
    "acosh": "Acosh", "atanh": "Atanh", "erf": "Erf", "sigmoid": "Sigmoid", "floor": "Floor", "ceil": "Ceil",
    "rint": "Round", "fabs": "Abs", "pow": "Pow",
}  # fmt: skip


def call(b: OnnxEmitter, name: str, *xs: Any) -> Any:
    """The function of tensors of one floating dtype. Raises: ExportError where there is none."""
    if name in NODES and computes_in(NODES[name], xs[0].dtype) is not None:
        return b.node(NODES[name], *xs)
    if name not in COMPOSED:
        raise ExportError(f"the function `{name}` of {SHORT_NAMES[xs[0].dtype]} has no form in ONNX")
    return COMPOSED[name](b, *xs)


def trunc(b: OnnxEmitter, x: Any) -> Any:
    return b.select(b.lt(x, 0.0), b.math("ceil", x), b.math("floor", x))


def fmod(b: OnnxEmitter, x: Any, y: Any) -> Any:
    return b.node("Mod", x, y, fmod=1)


def is_negative(b: OnnxEmitter, x: Any) -> Any:
    """Whether the sign is set, of zeros too."""
    return b.lt(b.select(b.eq(x, 0.0), b.div(1.0, x), x), 0.0)


def copysign(b: OnnxEmitter, x: Any, y: Any) -> Any:
    size = b.math("fabs", x)
    return b.select(is_negative(b, y), b.neg(size), size)


def expm1(b: OnnxEmitter, x: Any) -> Any:
    """Kahan's: what rounding did to `exp(x)`, its logarithm knows."""
    u = b.math("exp", x)
    less = b.sub(u, 1.0)
    mended = b.mul(less, b.div(x, b.math("log", u)))
    plain = b.bit_or(b.eq(less, -1.0), b.bit_or(b.eq(u, math.inf), b.ne(u, u)))
    return b.select(b.eq(u, 1.0), x, b.select(plain, less, mended))


def log1p(b: OnnxEmitter, x: Any) -> Any:
    """Kahan's, likewise."""
    u = b.add(x, 1.0)
    mended = b.mul(b.math("log", u), b.div(x, b.sub(u, 1.0)))
    is_plain = b.bit_or(b.eq(u, math.inf), b.eq(u, 0.0))
    return b.select(b.eq(u, 1.0), x, b.select(is_plain, b.math("log", u), mended))


def log2(b: OnnxEmitter, x: Any) -> Any:
    return b.div(b.math("log", x), math.log(2.0))


def log10(b: OnnxEmitter, x: Any) -> Any:
    return b.div(b.math("log", x), math.log(10.0))


def rsqrt(b: OnnxEmitter, x: Any) -> Any:
    return b.div(1.0, b.math("sqrt", x))


def softplus(b: OnnxEmitter, x: Any) -> Any:
    return logaddexp(b, x, b.mul(x, 0.0))


def logaddexp(b: OnnxEmitter, x: Any, y: Any) -> Any:
    distance = b.math("fabs", b.sub(x, y))
    larger = b.node("Max", x, y)
    total = b.add(larger, log1p(b, b.math("exp", b.neg(distance))))
    return b.select(b.eq(x, y), b.add(x, math.log(2.0)), total)


def hypot(b: OnnxEmitter, x: Any, y: Any) -> Any:
    x, y = b.math("fabs", x), b.math("fabs", y)
    larger, smaller = b.node("Max", x, y), b.node("Min", x, y)
    ratio = b.div(smaller, b.select(b.eq(larger, 0.0), 1.0, larger))
    size = b.mul(larger, b.math("sqrt", b.add(b.mul(ratio, ratio), 1.0)))
    return b.select(b.eq(larger, math.inf), math.inf, size)


def cos(b: OnnxEmitter, x: Any) -> Any:
    half = b.math("sin", b.mul(x, 0.5))
    return b.sub(1.0, b.mul(b.mul(half, half), 2.0))


def tan(b: OnnxEmitter, x: Any) -> Any:
    return b.div(b.math("sin", x), b.math("cos", x))


def sinh(b: OnnxEmitter, x: Any) -> Any:
    """By `exp(|x|) - 1`, so that small values keep their digits."""
    less = expm1(b, b.math("fabs", x))
    half = b.mul(b.add(less, b.div(less, b.add(less, 1.0))), 0.5)
    return copysign(b, b.select(b.eq(less, math.inf), less, half), x)


def cosh(b: OnnxEmitter, x: Any) -> Any:
    u = b.math("exp", b.math("fabs", x))
    return b.mul(b.add(u, b.div(1.0, u)), 0.5)


def asinh(b: OnnxEmitter, x: Any) -> Any:
    size = b.math("fabs", x)
    square = b.mul(size, size)
    rest = b.div(square, b.add(b.math("sqrt", b.add(square, 1.0)), 1.0))
    return copysign(b, log1p(b, b.add(size, rest)), x)


def acosh(b: OnnxEmitter, x: Any) -> Any:
    return b.math("log", b.add(x, b.mul(b.math("sqrt", b.sub(x, 1.0)), b.math("sqrt", b.add(x, 1.0)))))


def atanh(b: OnnxEmitter, x: Any) -> Any:
    size = b.math("fabs", x)
    return copysign(b, b.mul(log1p(b, b.div(b.mul(size, 2.0), b.sub(1.0, size))), 0.5), x)


def angle(b: OnnxEmitter, sine: Any, cosine: Any) -> Any:
    """The angle in 0 .. pi/4 whose tangent is `sine / cosine`, both not negative."""
    ratio = b.div(sine, b.select(b.eq(cosine, 0.0), 1.0, cosine))
    y = b.convert(b.node("Atan", b.convert(ratio, float32)), ratio.dtype)
    s, c = b.math("sin", y), b.math("cos", y)
    return b.add(y, b.div(b.sub(b.mul(ratio, c), s), b.add(b.mul(ratio, s), c)))


def atan2(b: OnnxEmitter, y: Any, x: Any) -> Any:
    """By the smaller of both over the larger, and the octant that they are in."""
    height, width = b.math("fabs", y), b.math("fabs", x)
    is_steep = b.gt(height, width)
    first = angle(b, b.node("Min", height, width), b.node("Max", height, width))
    both = b.bit_and(b.eq(height, math.inf), b.eq(width, math.inf))
    first = b.select(both, math.pi / 4, b.select(b.eq(height, width), b.select(b.eq(height, 0.0), 0.0, first), first))
    upper = b.select(is_steep, b.sub(math.pi / 2, first), first)
    size = b.select(is_negative(b, x), b.sub(math.pi, upper), upper)
    return copysign(b, size, y)


def atan(b: OnnxEmitter, x: Any) -> Any:
    size = b.math("fabs", x)
    is_steep = b.gt(size, 1.0)
    low = angle(b, b.select(is_steep, b.div(1.0, size), size), b.tensor(1.0, x.dtype))
    return copysign(b, b.select(is_steep, b.sub(math.pi / 2, low), low), x)


def asin(b: OnnxEmitter, x: Any) -> Any:
    return atan2(b, x, b.math("sqrt", b.mul(b.sub(1.0, x), b.add(x, 1.0))))


def acos(b: OnnxEmitter, x: Any) -> Any:
    return atan2(b, b.math("sqrt", b.mul(b.sub(1.0, x), b.add(x, 1.0))), x)


def erf(b: OnnxEmitter, x: Any) -> Any:
    """As native code has it (`graph.llvm.math.error_function`)."""
    size = b.math("fabs", x)
    small = b.add(b.mul(x, _polynomial(b, b.mul(x, x), coefficients.ERF_64)), x)
    beyond = b.sub(b.node("Min", size, b.tensor(6.0, x.dtype)), 1.0)
    large = b.sub(1.0, b.math("exp", b.neg(_polynomial(b, beyond, coefficients.ERFC_64))))
    return b.select(b.lt(size, 1.0), small, copysign(b, b.select(b.ne(x, x), x, large), x))


def _polynomial(b: OnnxEmitter, x: Any, powers: Sequence[float]) -> Any:
    """c0 + c1 x + ..."""
    total: Any = powers[-1]
    for coefficient in reversed(powers[:-1]):
        total = b.add(b.mul(x, total), coefficient)
    return total


def maximum(b: OnnxEmitter, x: Any, y: Any) -> Any:
    return b.node("Max", x, y)


def minimum(b: OnnxEmitter, x: Any, y: Any) -> Any:
    return b.node("Min", x, y)


COMPOSED: Final[dict[str, Callable[..., Any]]] = {
    rule.__name__: rule
    for rule in (
        erf, trunc, fmod, copysign, expm1, log1p, log2, log10, rsqrt, softplus, logaddexp, hypot, cos, tan, sinh, cosh,
        asinh, acosh, atanh, atan2, atan, asin, acos, maximum, minimum,
    )
}  # fmt: skip
