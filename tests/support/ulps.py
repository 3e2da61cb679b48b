"""Errors in units in the last place, against references of more precision."""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any


def unit(reference: Array, dtype: Any) -> Array:
    """The gap between neighbours of `dtype` around each `reference`, at least the smallest subnormal."""
    info = np.finfo(dtype)
    size = np.abs(reference)
    exponent = np.where(np.isinf(size), info.maxexp, np.where(size == 0, info.minexp, np.frexp(size)[1] - 1))
    return np.ldexp(np.ones((), reference.dtype), np.clip(exponent, info.minexp, info.maxexp - 1) - info.nmant)


def errors(found: Array, reference: Array) -> Array:
    """|found - reference| in units of the dtype of `found`; infinite where one is NaN and the other is not.

    An infinity counts as the first power of two that does not fit.
    """
    border = np.ldexp(np.ones((), reference.dtype), np.finfo(found.dtype).maxexp)
    with np.errstate(all="ignore"):
        wide = np.clip(found.astype(reference.dtype), -border, border)
        error = np.abs(wide - np.clip(reference, -border, border)) / unit(reference, found.dtype)
    other_zero = (found == 0) & (reference == 0) & (np.signbit(found) != np.signbit(reference))
    error = np.where(other_zero | np.isnan(found) | np.isnan(reference), np.inf, error)
    return np.where(np.isnan(found) & np.isnan(reference), 0, error)


def erf_series(x: Array) -> Array:
    """erf in the precision of `x`: 2/sqrt(pi) e^(-x^2) times a series without cancellation."""
    size = np.minimum(np.abs(x), 8)
    term = size * np.ones_like(size)
    total = term.copy()
    for n in range(1, 300):
        term = term * (2 * size * size / (2 * n + 1))
        total = total + term
    pi = 4 * np.arctan(np.ones((), x.dtype))
    return np.copysign(np.minimum(2 / np.sqrt(pi) * np.exp(-size * size) * total, 1), x)


def sigmoid(x: Array) -> Array:
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


SAME_IN_NUMPY = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh"]
SAME_IN_NUMPY += ["sqrt", "hypot", "logaddexp", "copysign"]
REFERENCES: dict[str, Callable[..., Array]] = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "atan2": np.arctan2,
    "pow": np.power,
    "erf": erf_series,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "rsqrt": rsqrt,
    **{name: getattr(np, name) for name in SAME_IN_NUMPY},
}

AT_MOST_2 = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tanh", "sigmoid", "erf", "sqrt"]
AT_MOST_2 += ["rsqrt", "pow"]
BOUNDS = {name: 2.0 if name in AT_MOST_2 else 4.0 for name in REFERENCES}
"""What a function may be off by at most, in units in the last place."""
