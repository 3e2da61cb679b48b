"""maximum, minimum and clip beside numbers that are known when code is made: NaN wins on either side, in each dtype."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static

BOUNDS = [0.0, -0.0, 1.5, -2.0, float("inf"), float("-inf"), float("nan")]
VALUES = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -3.0, 7.5]


def bounded(x: Any) -> Any:
    found: list[Any] = []
    for number in BOUNDS:
        bound = xp.asarray(number, dtype=x.dtype)
        found += [xp.maximum(x, bound), xp.maximum(bound, x), xp.minimum(x, bound), xp.minimum(bound, x)]
        found += [xp.clip(x, bound, 1.0), xp.clip(x, -1.0, bound), xp.clip(bound, x, x)]
    return found


@pytest.mark.parametrize("dtype", [xp.float16, xp.bfloat16, xp.float32, xp.float64], ids=str)
def test_native_as_eager(dtype: Any) -> None:
    native = to_static(bounded, executor="native", compile="now")
    many = xp.asarray(VALUES * 9, dtype=dtype)
    for x in (many, *(xp.asarray(value, dtype=dtype) for value in VALUES)):
        for found, expected in zip(native(x), bounded(x), strict=True):
            np.testing.assert_array_equal(*(np.asarray(y, dtype=np.float64) for y in (found, expected)))
