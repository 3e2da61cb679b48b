"""`no_grad` in static code: what is computed there is cut off, what only passes through is not."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from support.differential import total


def passing(x: Any, y: Any, n: Any) -> Any:
    z = x * 2.0
    kept = [y]
    with xp.no_grad():
        for _ in range(n):
            kept.append(z)
        stacked = xp.stack(kept)
        chosen = z if x > 0 else y
        product = z
        while product > 1.0:
            product = product * 0.5
    return stacked, xp.stack(kept), chosen, kept[-1], product


def loss(x: Any, y: Any, n: Any) -> Any:
    return total(passing(x, y, n))


def within(x: Any, y: Any, n: Any) -> Any:
    return xp.grad(loss, (0, 1))(x, y, n)


@pytest.mark.parametrize("x", [2.0, 0.25, -2.0])
@pytest.mark.parametrize("n", [0, 2])
def test_gradients_are_those_of_eager_code(x: float, n: int) -> None:
    args = xp.asarray(x), xp.asarray(0.5), xp.asarray(n)
    expected = xp.grad(loss, (0, 1))(*args)
    static = to_static(passing)

    def taped(*args: Any) -> Any:
        return total(static(*args))

    for found in (xp.grad(taped, (0, 1))(*args), to_static(loss).grad((0, 1))(*args), to_static(within)(*args)):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
