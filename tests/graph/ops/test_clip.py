"""`clip` of numbers, without `np.clip`: the same bits, but for those of NaN."""

import itertools

import numpy as np
import pytest

from graph.ops.select import clip_kernel

SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, -np.nan, 5e-324, 2.5)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_numbers_are_clipped_as_arrays_are(kind: type) -> None:
    for given in itertools.product([kind(x) for x in SPECIAL], repeat=3):
        found, expected = clip_kernel(*given), np.clip(*given)
        assert type(found) is type(expected)
        # Which of two NaNs it is, is nobody's business.
        assert found.tobytes() == expected.tobytes() or np.isnan([found, expected]).all(), given
