"""How far two results are apart."""

from typing import Any, Final

import numpy as np

from eager.pytree import flatten

ROUNDING: Final = 1e-9
"""Results that are further apart than this are different ones: modes may add in another order, no more."""


def distance(a: Any, b: Any) -> float:
    """The largest difference of two pytrees, relative to the largest number of `b`; infinite when they are of
    different structure or shape."""
    leaves, structure = flatten(a)
    others, other_structure = flatten(b)
    if structure != other_structure:
        return np.inf
    return max((_apart(np.asarray(x), np.asarray(y)) for x, y in zip(leaves, others, strict=True)), default=0.0)


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    if a.shape != b.shape:
        return np.inf
    if a.size == 0 or np.array_equal(a, b, equal_nan=a.dtype.kind in "fc" and b.dtype.kind in "fc"):
        return 0.0
    gap = float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64))))
    return gap / max(float(np.max(np.abs(b))), np.finfo(np.float64).tiny) if np.isfinite(gap) else np.inf


def agree(a: Any, b: Any) -> bool:
    """Whether two results are the same but for rounding."""
    return distance(a, b) <= ROUNDING
