"""A static function of which the tape is asked for the gradient of some results alone."""

import pytest

import eager as xp
from dy2static.cache.compiled import Executor
from dy2static.decorator import to_static


@pytest.mark.parametrize("executor", ["numpy", "native"])
def test_results_of_which_the_tape_asks_one(executor: Executor) -> None:
    @to_static(executor=executor)
    def roots(x: xp.Tensor) -> tuple[xp.Tensor, xp.Tensor]:
        return x * 3, xp.sqrt(x)

    def loss(x: xp.Tensor) -> xp.Tensor:
        found, _ = roots(x)
        return found

    x = xp.asarray(0.0, dtype=xp.float64)
    assert float(xp.grad(loss)(x)) == 3.0
    assert float(xp.grad(xp.grad(lambda x: loss(x) ** 2))(x)) == 18.0
    assert float(xp.grad(lambda x: roots(x)[1])(x)) == float("inf")
