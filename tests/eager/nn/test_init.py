"""First values: their bounds, their variance, and where the numbers come from."""

import math

import numpy as np
import pytest

import eager as xp
from eager.nn import init
from graph.errors import ShapeError

SHAPE = (200, 50, 3)  # fan in 150, fan out 600


@pytest.mark.parametrize(
    ("make", "variance"),
    [
        (init.xavier_uniform, 2 / 750),
        (init.xavier_normal, 2 / 750),
        (init.kaiming_uniform, 2 / 150),
        (init.kaiming_normal, 2 / 150),
    ],
)
def test_variance(make, variance):
    values = np.asarray(make(SHAPE, generator=xp.Generator(0)))
    assert values.shape == SHAPE
    assert np.var(values) == pytest.approx(variance, rel=0.05)
    assert abs(np.mean(values)) < 4 * math.sqrt(variance / values.size)


def test_uniform_bounds():
    values = np.abs(np.asarray(init.kaiming_uniform(SHAPE, generator=xp.Generator(0))))
    bound = math.sqrt(6 / 150)
    assert 0.99 * bound < values.max() <= bound
    values = np.abs(np.asarray(init.by_fan_in((100, 100), 100, xp.Generator(0))))
    assert 0.099 < values.max() <= 0.1


def test_options():
    wide = np.std(np.asarray(init.kaiming_normal(SHAPE, "linear", "fan_out", xp.Generator(0))))
    assert wide == pytest.approx(math.sqrt(1 / 600), rel=0.05)
    assert init.xavier_normal((4, 4), dtype=xp.float32).dtype == xp.float32
    assert init.gain_of("leaky_relu", 0.2) == pytest.approx(math.sqrt(2 / 1.04))


def test_one_seed_gives_one_model():
    first, second, other = (init.normal((3, 3), generator=xp.Generator(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_errors():
    with pytest.raises(ShapeError, match="fans need a shape"):
        init.xavier_normal((3,))
    with pytest.raises(ValueError, match="no gain is known for 'cosh'; there are linear"):
        init.kaiming_normal((3, 3), "cosh")
    with pytest.raises(ValueError, match="mode must be"):
        init.kaiming_normal((3, 3), mode="fan")  # pyright: ignore[reportArgumentType]
