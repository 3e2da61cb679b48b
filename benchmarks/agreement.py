"""Whether two frameworks computed the same: before anything is timed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

TOLERANCE: Final = 1e-4
"""Of the largest number in an array: sums are taken in different orders."""


def difference(found: Sequence[np.ndarray[Any, Any]], expected: Sequence[np.ndarray[Any, Any]]) -> str | None:
    """What differs, in words; None where nothing does."""
    if len(found) != len(expected):
        return f"{len(found)} arrays where eager has {len(expected)}"
    for i, (x, y) in enumerate(zip(found, expected, strict=True)):
        if x.shape != y.shape:
            return f"array {i} has the shape {x.shape}, in eager {y.shape}"
        if x.dtype != y.dtype:
            return f"array {i} is of {x.dtype}, in eager of {y.dtype}"
        size = float(np.max(np.abs(y), initial=0.0))
        off = float(np.max(np.abs(x.astype(np.float64) - y), initial=0.0))
        if not off <= TOLERANCE * size + 1e-6:  # NaN too
            return f"array {i} differs from eager by {off:.2g}; its largest number is {size:.2g}"
    return None


def load_arrays(file: Path) -> list[np.ndarray[Any, Any]]:
    """The arrays that a worker saved, in order."""
    with np.load(file) as saved:
        return [saved[f"arr_{i}"] for i in range(len(saved.files))]
