"""Functions of complex numbers as native code, from those of real ones.

Zeros, infinities and NaN are as C says (C11, Annex G), which NumPy follows. What is not here (inverse trigonometric
functions, powers) NumPy computes with care for branch cuts and cancellation that a rule without branches has no room
for; native code calls it back. Source of `tanh`: Kahan 1987, "Branch cuts for complex elementary functions".
"""

import math
from collections.abc import Callable
from typing import Any, Final

from graph.dtypes import float64
from graph.ir.lowering import Elementwise, ScalarEmitter

Rule = Callable[[ScalarEmitter, Any], Any]
INF: Final = math.inf


def _parts(s: ScalarEmitter, z: Any) -> tuple[Any, Any]:
    return s.real(z), s.imag(z)


def _is_finite(s: ScalarEmitter, x: Any) -> Any:
    return s.lt(s.math("fabs", x), INF)


def _is_nan(s: ScalarEmitter, x: Any) -> Any:
    return s.ne(x, x)


def _scaled_exp(s: ScalarEmitter, x: Any) -> tuple[Any, Any]:
    """Two factors of `exp(x)`, of which none overflows where the product with a small number does not."""
    limit, step = (700.0, 512.0) if x.dtype == float64 else (80.0, 64.0)
    is_large = s.gt(x, limit)
    factor = s.math("exp", s.select(is_large, s.sub(x, step), x))
    return factor, s.select(is_large, s.const(math.exp(step), x.dtype), 1.0)


def exp(s: ScalarEmitter, z: Any) -> Any:
    a, b = _parts(s, z)
    size, rest = _scaled_exp(s, a)
    re, im = s.mul(s.mul(size, s.math("cos", b)), rest), s.mul(s.mul(size, s.math("sin", b)), rest)
    wild = s.bit_not(_is_finite(s, b))
    re = s.select(s.bit_and(s.eq(a, INF), wild), INF, s.select(s.bit_and(s.eq(a, -INF), wild), 0.0, re))
    im = s.select(s.bit_and(s.eq(a, -INF), wild), 0.0, im)
    is_real = s.eq(b, 0.0)
    return s.complex(s.select(is_real, s.math("exp", a), re), s.select(is_real, b, im))


def expm1(s: ScalarEmitter, z: Any) -> Any:
    a, b = _parts(s, z)
    half = s.math("sin", s.mul(b, 0.5))
    re = s.sub(s.mul(s.math("expm1", a), s.math("cos", b)), s.mul(s.mul(half, half), 2.0))
    return s.complex(re, s.mul(s.math("exp", a), s.math("sin", b)))


def _log_size(s: ScalarEmitter, a: Any, b: Any) -> Any:
    """`log(hypot(a, b))`; near 1 by the distance from it, which error-free steps give."""
    x, y = s.math("fabs", a), s.math("fabs", b)
    is_larger = s.lt(x, y)
    x, y = s.select(is_larger, y, x), s.select(is_larger, x, y)
    huge, tiny = (1e300, 1e-290) if x.dtype == float64 else (1e37, 1e-30)
    up, down = (2.0**200, 2.0**-200) if x.dtype == float64 else (2.0**40, 2.0**-40)
    scale = s.select(s.gt(x, huge), down, s.select(s.lt(x, tiny), s.const(up, x.dtype), 1.0))
    shift = math.log(up)
    added = s.select(s.gt(x, huge), shift, s.select(s.lt(x, tiny), s.const(-shift, x.dtype), 0.0))
    far = s.add(s.math("log", s.math("hypot", s.mul(x, scale), s.mul(y, scale))), added)
    is_near = s.bit_and(s.bit_and(s.gt(x, 0.5), s.lt(x, 1.5)), s.lt(s.math("hypot", x, y), 2.0))
    p, q = s.mul(x, x), s.mul(y, y)
    p_rest, q_rest = s.math("fma", x, x, s.neg(p)), s.math("fma", y, y, s.neg(q))
    over = s.sub(p, 1.0)
    over_rest = s.sub(p, s.add(over, 1.0))
    total = s.add(over, q)
    share = s.sub(total, over)
    rest = s.add(s.sub(over, s.sub(total, share)), s.sub(q, share))
    near = s.add(total, s.add(s.add(rest, over_rest), s.add(p_rest, q_rest)))
    return s.select(is_near, s.mul(s.math("log1p", near), 0.5), far)


def log(s: ScalarEmitter, z: Any) -> Any:
    a, b = _parts(s, z)
    return s.complex(_log_size(s, a, b), s.math("atan2", b, a))


def _log_times(factor: float) -> Rule:
    def rule(s: ScalarEmitter, z: Any) -> Any:
        y = log(s, z)
        return s.complex(s.mul(s.real(y), factor), s.mul(s.imag(y), factor))

    return rule


def log1p(s: ScalarEmitter, z: Any) -> Any:
    a, b = _parts(s, z)
    more = s.add(a, 1.0)
    return s.complex(s.math("log", s.math("hypot", more, b)), s.math("atan2", b, more))


def sqrt(s: ScalarEmitter, z: Any) -> Any:
    """Scaled, so that the sum under the root is in range."""
    a, b = _parts(s, z)
    x, y = s.math("fabs", a), s.math("fabs", b)
    huge, tiny = (1e300, 1e-290) if x.dtype == float64 else (1e37, 1e-30)
    largest = s.select(s.lt(x, y), y, x)
    is_huge, is_tiny = s.gt(largest, huge), s.lt(largest, tiny)
    up = 2.0**108 if x.dtype == float64 else 2.0**48
    scale = s.select(is_huge, s.const(0.0625, x.dtype), s.select(is_tiny, s.const(up, x.dtype), 1.0))
    back = s.select(is_huge, s.const(4.0, x.dtype), s.select(is_tiny, s.const(up**-0.5, x.dtype), 1.0))
    x, v = s.mul(x, scale), s.mul(b, scale)
    root = s.math("sqrt", s.mul(s.add(x, s.math("hypot", x, v)), 0.5))
    is_zero = s.eq(root, 0.0)
    other = s.select(is_zero, 0.0, s.div(s.math("fabs", v), s.mul(s.select(is_zero, 1.0, root), 2.0)))
    root, other = s.mul(root, back), s.mul(other, back)
    is_left = s.lt(a, 0.0)
    re, im = s.select(is_left, other, root), s.select(is_left, root, other)
    # Infinite parts
    endless, wild = s.eq(s.math("fabs", a), INF), _is_nan(s, b)
    re = s.select(endless, s.select(is_left, s.select(wild, b, 0.0), INF), re)
    im = s.select(endless, s.select(is_left, INF, s.select(wild, b, 0.0)), im)
    is_up = s.eq(y, INF)
    re, im = s.select(is_up, INF, re), s.select(is_up, INF, im)
    return s.complex(re, s.select(_is_nan(s, im), im, s.math("copysign", im, b)))


def _sinh_parts(s: ScalarEmitter, a: Any, b: Any) -> tuple[Any, Any]:
    """The parts of `sinh(a + ib)`."""
    cosine, sine = s.math("cos", b), s.math("sin", b)
    size = s.math("fabs", a)
    half, rest = _scaled_exp(s, size)
    half = s.mul(half, 0.5)
    is_large = s.gt(size, 40.0)
    large_re = s.mul(s.mul(s.math("copysign", half, a), cosine), rest)
    re = s.select(is_large, large_re, s.mul(s.math("sinh", a), cosine))
    im = s.select(is_large, s.mul(s.mul(half, sine), rest), s.mul(s.math("cosh", a), sine))
    wild = s.bit_not(_is_finite(s, b))
    re = s.select(s.bit_and(s.eq(size, INF), wild), INF, s.select(s.bit_and(s.eq(a, 0.0), wild), a, re))
    is_real = s.eq(b, 0.0)
    return s.select(is_real, s.math("sinh", a), re), s.select(is_real, b, im)


def _cosh_parts(s: ScalarEmitter, a: Any, b: Any) -> tuple[Any, Any]:
    """The parts of `cosh(a + ib)`."""
    cosine, sine = s.math("cos", b), s.math("sin", b)
    size = s.math("fabs", a)
    half, rest = _scaled_exp(s, size)
    half = s.mul(half, 0.5)
    is_large = s.gt(size, 40.0)
    re = s.select(is_large, s.mul(s.mul(half, cosine), rest), s.mul(s.math("cosh", a), cosine))
    large_im = s.mul(s.mul(s.math("copysign", half, a), sine), rest)
    im = s.select(is_large, large_im, s.mul(s.math("sinh", a), sine))
    wild = s.bit_not(_is_finite(s, b))
    re = s.select(s.bit_and(s.eq(size, INF), wild), INF, re)
    is_flat = s.bit_or(s.eq(a, 0.0), s.eq(b, 0.0))
    signed_zero = s.mul(s.math("copysign", 0.0, a), s.math("copysign", 1.0, b))
    im = s.select(is_flat, s.select(s.bit_or(wild, _is_nan(s, a)), 0.0, signed_zero), im)
    return s.select(s.eq(b, 0.0), s.math("cosh", a), re), im


def sinh(s: ScalarEmitter, z: Any) -> Any:
    return s.complex(*_sinh_parts(s, *_parts(s, z)))


def cosh(s: ScalarEmitter, z: Any) -> Any:
    return s.complex(*_cosh_parts(s, *_parts(s, z)))


def sin(s: ScalarEmitter, z: Any) -> Any:
    """`-i sinh(iz)`."""
    a, b = _parts(s, z)
    re, im = _sinh_parts(s, s.neg(b), a)
    return s.complex(im, s.neg(re))


def cos(s: ScalarEmitter, z: Any) -> Any:
    """`cosh(iz)`."""
    a, b = _parts(s, z)
    return s.complex(*_cosh_parts(s, s.neg(b), a))


def _tanh_parts(s: ScalarEmitter, a: Any, b: Any) -> tuple[Any, Any]:
    """The parts of `tanh(a + ib)`."""
    size = s.math("fabs", a)
    limit = 22.0 if a.dtype == float64 else 11.0
    is_large = s.gt(size, limit)
    t, h = s.math("tan", b), s.math("sinh", s.select(is_large, 0.0, a))
    beta, squares = s.add(s.mul(t, t), 1.0), s.mul(h, h)
    below = s.add(s.mul(beta, squares), 1.0)
    re = s.div(s.mul(s.mul(beta, s.math("sqrt", s.add(squares, 1.0))), h), below)
    im = s.div(t, below)
    # far out, and where the tangent is infinite
    little = s.math("exp", s.neg(size))
    wave = s.mul(s.math("sin", b), s.math("cos", b))
    far = s.mul(s.mul(s.mul(wave, 4.0), little), little)
    re = s.select(is_large, s.math("copysign", 1.0, a), re)
    im = s.select(is_large, far, im)
    wild = s.bit_not(_is_finite(s, b))
    im = s.select(s.bit_and(s.eq(size, INF), wild), 0.0, im)
    re = s.select(s.bit_and(s.bit_and(is_large, wild), s.ne(size, INF)), s.sub(b, b), re)
    re = s.select(s.bit_and(s.eq(a, 0.0), wild), a, re)
    is_real = s.eq(b, 0.0)
    return s.select(is_real, s.math("tanh", a), re), s.select(is_real, b, im)


def tanh(s: ScalarEmitter, z: Any) -> Any:
    return s.complex(*_tanh_parts(s, *_parts(s, z)))


def tan(s: ScalarEmitter, z: Any) -> Any:
    """`-i tanh(iz)`."""
    a, b = _parts(s, z)
    re, im = _tanh_parts(s, s.neg(b), a)
    return s.complex(im, s.neg(re))


def reciprocal(s: ScalarEmitter, z: Any) -> Any:
    """By the larger part, as NumPy has it."""
    a, b = _parts(s, z)
    is_wide = s.le(s.math("fabs", b), s.math("fabs", a))
    ratio = s.div(s.select(is_wide, b, a), s.select(is_wide, a, b))
    below = s.select(is_wide, s.add(a, s.mul(b, ratio)), s.add(s.mul(a, ratio), b))
    re, im = s.div(s.select(is_wide, 1.0, ratio), below), s.div(s.select(is_wide, ratio, 1.0), below)
    return s.complex(re, s.neg(im))


def sign(s: ScalarEmitter, z: Any) -> Any:
    """`z / |z|`; an infinite part is the whole direction."""
    a, b = _parts(s, z)
    size = s.math("hypot", a, b)
    endless = [s.eq(s.math("fabs", x), INF) for x in (a, b)]
    below = s.select(s.eq(size, 0.0), 1.0, size)
    re, im = s.div(a, below), s.div(b, below)
    for here, there in ((0, 1), (1, 0)):
        unit = s.math("copysign", 1.0, (a, b)[here])
        only = s.bit_and(endless[here], s.bit_not(endless[there]))
        re = s.select(only, (unit, s.const(0.0, unit.dtype))[here], re)
        im = s.select(only, (s.const(0.0, unit.dtype), unit)[here], im)
    lost = s.bit_or(s.bit_and(*endless), _is_nan(s, size))
    nan = s.sub(size, size)
    return s.complex(s.select(lost, nan, re), s.select(lost, nan, im))


RULES: Final[dict[str, Rule]] = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "log2": _log_times(1 / math.log(2)),
    "log10": _log_times(1 / math.log(10)),
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "reciprocal": reciprocal,
    "sign": sign,
}


def with_complex(name: str, real: Elementwise) -> Elementwise:
    """`real`, for complex operands too where there is a rule of this name."""
    if name not in RULES:
        return real

    def rule(s: ScalarEmitter, x: Any, **attrs: Any) -> Any:
        return RULES[name](s, x) if x.dtype.kind == "c" else real.rule(s, x, **attrs)

    return Elementwise(rule, real.kinds + "c", max(real.cost, 20))
