"""Results of native code beside the interpreter's: equal but for the last digits of sums and functions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

RELATIVE = {2: 2e-2, 4: 2e-5, 8: 1e-10, 16: 1e-10}
"""By bytes of an element."""


def assert_close(found: Any, expected: Any) -> None:
    """Equal in structure, dtypes and shapes; floats within `RELATIVE`, all else in every bit."""
    if expected is None:
        assert found is None
        return
    if isinstance(expected, list | tuple):
        assert isinstance(found, Sequence)
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            assert_close(a, b)
        return
    a, b = np.asarray(found), np.asarray(expected)
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    if b.dtype.kind in "biu":
        assert np.array_equal(a, b), (a, b)
        return
    tolerance = 2e-5 if b.dtype == np.complex64 else RELATIVE[b.dtype.itemsize]
    if b.dtype.kind == "V":
        a, b = a.astype(np.float32), b.astype(np.float32)
    assert np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True), (a, b)
