"""Samples of `graph/ops/unary.py`."""

import numpy as np

from graph.errors import DTypeError
from support.samples.sample import Bad, Sample, between, complex_normal, normal

anywhere = normal(2, 3)
positive = between(0.3, 3, 2, 3)
inside = between(-0.8, 0.8, 2, 3)
above_one = between(1.2, 3, 2, 3)

SMOOTH = {
    "neg": anywhere,
    "abs": anywhere,
    "exp": anywhere,
    "expm1": anywhere,
    "log": positive,
    "log1p": positive,
    "log2": positive,
    "log10": positive,
    "sqrt": positive,
    "rsqrt": positive,
    "square": anywhere,
    "reciprocal": positive,
    "sin": anywhere,
    "cos": anywhere,
    "tan": inside,
    "asin": inside,
    "acos": inside,
    "atan": anywhere,
    "sinh": anywhere,
    "cosh": anywhere,
    "tanh": anywhere,
    "asinh": anywhere,
    "acosh": above_one,
    "atanh": inside,
    "erf": anywhere,
    "sigmoid": anywhere,
    "softplus": anywhere,
    "real": anywhere,
    "imag": anywhere,
    "conj": anywhere,
    "angle": positive,
    "sign": anywhere,
    "floor": anywhere,
    "ceil": anywhere,
    "round": anywhere,
    "trunc": anywhere,
}
HOLOMORPHIC = (
    *("neg", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "square", "reciprocal"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)
PARTS = ("abs", "sign", "real", "imag", "conj", "angle")
TESTS = ("isnan", "isinf", "isfinite", "signbit")
OF_INTEGERS = ("neg", "abs", "sign", "square", "floor", "ceil", "round", "trunc", "conj", "real", "imag", "logical_not")
special = np.array([0.0, -0.0, 1.5, -2.5, np.nan, np.inf, -np.inf])

SAMPLES = [
    *(Sample(op, (x,), grad=(0,)) for op, x in SMOOTH.items()),
    *(Sample(op, (x.ravel()[0],), grad=(0,)) for op, x in SMOOTH.items()),
    *(Sample(op, (x.astype(np.float32),)) for op, x in SMOOTH.items()),
    *(Sample(op, (x[:0],), grad=(0,)) for op, x in SMOOTH.items()),
    *(Sample(op, (complex_normal(3),), grad=(0,)) for op in (*HOLOMORPHIC, *PARTS)),
    *(Sample(op, (special,)) for op in (*TESTS, "sign", "floor", "round", "logical_not")),
    *(Sample(op, (np.array([-3, 0, 5]),)) for op in (*OF_INTEGERS, "bitwise_invert", "isnan", "isfinite")),
    *(Sample(op, (np.array([True, False]),)) for op in ("logical_not", "bitwise_invert", "abs", "isnan", "real")),
    *(Sample(op, (np.float32(-1.5),)) for op in TESTS),
    Sample("sigmoid", (np.array([-800.0, -40.0, 0.0, 800.0]),)),
    Sample("softplus", (np.array([-800.0, 0.0, 800.0], np.float32),)),
    Sample("rsqrt", (positive.astype(np.float16),)),
    Sample("neg", (np.array([1, 2], np.uint8),)),
    *(Sample("stop_gradient", (x,)) for x in (anywhere, np.float32(2.0), np.array([3, 4]))),
]

BAD = [
    Bad("round", ("bool[2]",), {}, DTypeError, "`round`(bool[2]): no such operation on these dtypes"),
    Bad("sigmoid", ("c64[2]",), {}, DTypeError, "`sigmoid` does not take (complex64): "
        "it is not defined for complex numbers"),
]  # fmt: skip
