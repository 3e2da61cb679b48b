"""`no_grad` in static code: what is computed there is cut off, what only passes through is not."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static
from support.differential import total
from support.programs import all_programs

PASSING = all_programs()["with_stmt.no_grad_lets_values_pass"].make()
"""Its gradient is none that differences could give."""


def loss(*args: Any) -> Any:
    return total(PASSING(*args))


def within(*args: Any) -> Any:
    return xp.grad(loss, (0, 1))(*args)


@pytest.mark.parametrize("x", [2.0, 0.25, -2.0])
@pytest.mark.parametrize("n", [0, 2])
def test_gradients_are_those_of_eager_code(x: float, n: int) -> None:
    args = xp.asarray(x), xp.asarray(0.5), xp.asarray(n)
    expected = xp.grad(loss, (0, 1))(*args)
    static = to_static(PASSING)

    def taped(*args: Any) -> Any:
        return total(static(*args))

    for found in (xp.grad(taped, (0, 1))(*args), to_static(loss).grad((0, 1))(*args), to_static(within)(*args)):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
