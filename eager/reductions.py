"""Reductions over axes, running sums, statistics."""

import operator
from collections.abc import Sequence
from typing import Any, Final, cast

from eager.creation import DTypeLike, asarray, astype, full
from eager.dispatch import apply, dims_of
from eager.elementwise import divide, equal, isclose, isnan, logical_not, multiply, subtract, where
from eager.manipulation import broadcast_to, concat, ravel
from eager.tensor import Tensor
from graph.errors import ShapeError
from graph.ir.opdef import OpDef, lookup

Axis = int | Sequence[int] | None

SUM: Final = lookup("sum")
PROD: Final = lookup("prod")
MEAN: Final = lookup("mean")
VAR: Final = lookup("var")
STD: Final = lookup("std")
MAX: Final = lookup("max")
MIN: Final = lookup("min")
ARGMAX: Final = lookup("argmax")
ARGMIN: Final = lookup("argmin")
ANY: Final = lookup("any")
ALL: Final = lookup("all")
COUNT_NONZERO: Final = lookup("count_nonzero")
CUMSUM: Final = lookup("cumsum")
CUMPROD: Final = lookup("cumprod")
LOGSUMEXP: Final = lookup("logsumexp")


def as_axis(axis: Any) -> int | tuple[int, ...] | None:
    """The attribute for an `axis` argument: None, an int, or a tuple of ints."""
    if axis is None:
        return None
    if isinstance(axis, list | tuple):
        return tuple(operator.index(a) for a in cast("Sequence[Any]", axis))
    return operator.index(axis)


def _reduce(opdef: OpDef, x: Any, axis: Any, keepdims: bool, **attrs: Any) -> Tensor:
    return apply(opdef, x if isinstance(x, Tensor) else asarray(x), axis=as_axis(axis), keepdims=keepdims, **attrs)


def _cast(x: Any, dtype: DTypeLike) -> Tensor:
    return asarray(x) if dtype is None else astype(x, dtype, copy=False)


def sum(x: Any, /, axis: Axis = None, dtype: DTypeLike = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis` (None: all). Small integers and bools add up in 64 bits, unless `dtype` says otherwise."""
    total = _reduce(SUM, _cast(x, dtype), axis, keepdims)
    return total if dtype is None else astype(total, dtype, copy=False)


def prod(x: Any, /, axis: Axis = None, dtype: DTypeLike = None, keepdims: bool = False) -> Tensor:
    """Product over `axis` (None: all); dtypes as in `sum`."""
    total = _reduce(PROD, _cast(x, dtype), axis, keepdims)
    return total if dtype is None else astype(total, dtype, copy=False)


def mean(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean over `axis` (None: all); of integers in float64."""
    return _reduce(MEAN, x, axis, keepdims)


def var(
    x: Any, /, axis: Axis = None, correction: float = 0.0, keepdims: bool = False, ddof: float | None = None
) -> Tensor:
    """Variance over `axis`: the sum of squared deviations over the count less `correction` (NumPy: `ddof`)."""
    return _reduce(VAR, x, axis, keepdims, correction=correction if ddof is None else ddof)


def std(
    x: Any, /, axis: Axis = None, correction: float = 0.0, keepdims: bool = False, ddof: float | None = None
) -> Tensor:
    """Standard deviation; see `var`."""
    return _reduce(STD, x, axis, keepdims, correction=correction if ddof is None else ddof)


def max(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element; NaN where there is one. ShapeError for no elements."""
    return _reduce(MAX, x, axis, keepdims)


def min(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element; NaN where there is one. ShapeError for no elements."""
    return _reduce(MIN, x, axis, keepdims)


def argmax(x: Any, /, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the (first) largest element is; without an axis, counted in row-major order."""
    return _reduce(ARGMAX, x, axis, keepdims)


def argmin(x: Any, /, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the (first) smallest element is; see `argmax`."""
    return _reduce(ARGMIN, x, axis, keepdims)


def any(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether some element is true (not zero)."""
    return _reduce(ANY, x, axis, keepdims)


def all(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element is true (not zero)."""
    return _reduce(ALL, x, axis, keepdims)


def count_nonzero(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """How many elements are not zero."""
    return _reduce(COUNT_NONZERO, x, axis, keepdims)


def logsumexp(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))), without overflow."""
    return _reduce(LOGSUMEXP, x, axis, keepdims)


amax, amin = max, min


def average(x: Any, /, axis: Axis = None, weights: Any = None, keepdims: bool = False) -> Tensor:
    """Mean, or the mean weighted with `weights`, which broadcast to `x`."""
    if weights is None:
        return mean(x, axis, keepdims)
    x, weights = asarray(x), asarray(weights)
    total = sum(broadcast_to(weights, x.shape), axis, None, keepdims)
    return divide(sum(multiply(x, weights), axis, None, keepdims), total)


def ptp(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The range of the values: the largest less the smallest."""
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def nansum(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum of the elements that are not NaN."""
    x = asarray(x)
    return sum(where(isnan(x), 0, x), axis, None, keepdims)


def nanmean(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean of the elements that are not NaN."""
    x = asarray(x)
    return divide(nansum(x, axis, keepdims), count_nonzero(logical_not(isnan(x)), axis, keepdims))


def allclose(x1: Any, x2: Any, /, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether all elements are close; see `isclose`. A 0-d tensor."""
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def array_equal(x1: Any, x2: Any, /) -> Tensor:
    """Whether shapes and all elements are equal. A 0-d tensor."""
    a, b = asarray(x1), asarray(x2)
    return all(equal(a, b)) if dims_of(a) == dims_of(b) else asarray(False)


def cumulative_sum(
    x: Any, /, axis: int | None = None, dtype: DTypeLike = None, include_initial: bool = False
) -> Tensor:
    """Running sums along `axis`, which only a vector may leave out; with `include_initial` a zero comes first."""
    return _running(CUMSUM, 0, x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any, /, axis: int | None = None, dtype: DTypeLike = None, include_initial: bool = False
) -> Tensor:
    """Running products along `axis`; see `cumulative_sum`."""
    return _running(CUMPROD, 1, x, axis, dtype, include_initial)


def cumsum(x: Any, /, axis: int | None = None, dtype: DTypeLike = None) -> Tensor:
    """NumPy's: without an axis, of all elements in row-major order."""
    x = asarray(x)
    return cumulative_sum(ravel(x), 0, dtype) if axis is None else cumulative_sum(x, axis, dtype)


def cumprod(x: Any, /, axis: int | None = None, dtype: DTypeLike = None) -> Tensor:
    """NumPy's: without an axis, of all elements in row-major order."""
    x = asarray(x)
    return cumulative_prod(ravel(x), 0, dtype) if axis is None else cumulative_prod(x, axis, dtype)


def _running(opdef: OpDef, start: int, x: Any, axis: int | None, dtype: DTypeLike, include_initial: bool) -> Tensor:
    x = _cast(x, dtype)
    if axis is None:
        if x.ndim != 1:
            raise ShapeError(f"running over {x.aval} needs an axis", next_step="give one; only vectors need none.")
        axis = 0
    total = apply(opdef, x, axis=operator.index(axis))
    total = total if dtype is None else astype(total, dtype, copy=False)
    if not include_initial:
        return total
    at = axis % x.ndim
    first = full((*x.shape[:at], 1, *x.shape[at + 1 :]), start, total.dtype)
    return concat([first, total], at)


def diff(x: Any, /, axis: int = -1, n: int = 1) -> Tensor:
    """Differences of neighbours along `axis`, `n` times over."""
    x = asarray(x)
    lead = (slice(None),) * (axis % x.ndim)
    for _ in range(n):
        x = subtract(x[(*lead, slice(1, None))], x[(*lead, slice(None, -1))])
    return x
