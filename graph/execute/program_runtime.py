"""What NumPy programs call besides kernels. Only NumPy is used: the source is exported with them."""

from typing import Any, cast

import numpy as np


def as_scalar(x: Any) -> Any:
    """A 0-d value as a NumPy scalar: it cannot change, and arithmetic on it is fast."""
    return x if isinstance(x, np.generic) else np.asarray(x)[()]  # pyright: ignore[reportUnknownVariableType]


def writable(x: Any) -> Any:
    """`x` itself unless it is a read-only view, such as a broadcast. None stands for a value that nobody looks at."""
    return x if x is None or x.flags.writeable else x.copy()


def detached(x: Any) -> Any:
    """A deep copy of a list, or of a value that may be missing: it shares storage with nothing."""
    if isinstance(x, list):
        return [detached(item) for item in cast("list[Any]", x)]
    return x.copy() if isinstance(x, np.ndarray) else x  # pyright: ignore[reportUnknownVariableType]
