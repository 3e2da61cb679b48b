"""Order: sorting, searching, distinct values. NaN counts as larger than every number; all orders are stable."""

import operator
from typing import Any, Final, Literal, NamedTuple

from eager.creation import asarray
from eager.dispatch import apply, shaped
from eager.indexing import take
from eager.manipulation import ravel
from eager.tensor import Tensor
from graph.errors import ShapeError
from graph.ir.opdef import lookup

SORT: Final = lookup("sort")
ARGSORT: Final = lookup("argsort")
TOPK: Final = lookup("topk")
SEARCHSORTED: Final = lookup("searchsorted")
UNIQUE_ALL: Final = lookup("unique_all")
UNIQUE_VALUES: Final = lookup("unique_values")


def sort(x: Any, /, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The elements in rising (or falling) order along `axis`."""
    return apply(SORT, asarray(x), axis=operator.index(axis), descending=descending)


def argsort(x: Any, /, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The indices that put the elements in order along `axis`."""
    return apply(ARGSORT, asarray(x), axis=operator.index(axis), descending=descending)


class TopK(NamedTuple):
    """The k first elements in order, and where they stand."""

    values: Tensor
    indices: Tensor


def topk(x: Any, k: int | Tensor, /, axis: int = -1, largest: bool = True) -> TopK:
    """The `k` largest (or smallest) elements along `axis`, in order, and their indices."""
    return TopK(*shaped(TOPK, (asarray(x),), (k,), axis=operator.index(axis), largest=largest))


def searchsorted(x1: Any, x2: Any, /, side: Literal["left", "right"] = "left", sorter: Any = None) -> Tensor:
    """Where each element of `x2` would be inserted into the rising vector `x1` to keep its order."""
    values = asarray(x1) if sorter is None else take(x1, sorter, axis=0)
    return apply(SEARCHSORTED, values, asarray(x2), side=side)


def median(x: Any, /, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The middle element, or the mean of the two in the middle. ShapeError for no elements."""
    return quantile(x, 0.5, axis, keepdims)


def quantile(x: Any, q: float, /, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The element that a fraction `q` of all lies below, interpolated between neighbours. NaN where there is one."""
    if not 0 <= q <= 1:
        raise ValueError("Quantiles must be in the range [0, 1]")
    x = asarray(x)
    rows = ravel(x) if axis is None else x
    at = 0 if axis is None else axis % x.ndim
    size = operator.index(rows.shape[at])
    if not size:
        raise ShapeError(f"`quantile`({x.aval}): no elements along axis {at}, and a quantile of nothing is undefined")
    lead = (slice(None),) * at
    place = q * (size - 1)
    low = int(place)
    rising = sort(rows, at)
    below = rising[(*lead, slice(low, low + 1))]
    above = rising[(*lead, slice(min(low + 1, size - 1), min(low + 1, size - 1) + 1))]
    last = rising[(*lead, slice(size - 1, size))]  # NaN if there is one
    result = below + (above - below) * (place - low) + (last - last)
    if axis is None:
        return result.reshape((1,) * x.ndim) if keepdims else result[0]
    return result if keepdims else result.squeeze(at)


class UniqueAll(NamedTuple):
    """Distinct values; where each first stands; which of them each element is; how often each occurs."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCounts(NamedTuple):
    """Distinct values, and how often each occurs."""

    values: Tensor
    counts: Tensor


class UniqueInverse(NamedTuple):
    """Distinct values, and which of them each element is."""

    values: Tensor
    inverse_indices: Tensor


def unique_all(x: Any, /) -> UniqueAll:
    """The distinct elements, rising, and all about them. NaNs are distinct."""
    return UniqueAll(*apply(UNIQUE_ALL, asarray(x)))


def unique_counts(x: Any, /) -> UniqueCounts:
    """The distinct elements, rising, and how often each occurs."""
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverse:
    """The distinct elements, rising, and which of them each element is."""
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Tensor:
    """The distinct elements, rising."""
    return apply(UNIQUE_VALUES, asarray(x))


unique = unique_values


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Tensor:
    """Whether each element of `x1` is among those of `x2`."""
    x, values = asarray(x1), ravel(x2)
    found = (x[(..., None)] == values).any(axis=-1)
    return ~found if invert else found
