"""NumPy's classes for `isinstance`. Typed as Any: tested values keep their type instead of a half-known generic one."""

from typing import Any, Final

import numpy as np

ARRAY: Final[Any] = np.ndarray
SCALAR: Final[Any] = np.generic
INTEGER: Final[Any] = np.integer
BOOL: Final[Any] = (bool, np.bool_)
ARRAY_OR_SCALAR: Final[Any] = (np.ndarray, np.generic)
SEQUENCE: Final[Any] = (list, tuple)
TUPLE: Final[Any] = tuple
