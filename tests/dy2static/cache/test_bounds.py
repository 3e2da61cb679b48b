"""What a cache holds is bounded, and tests can count what is compiled."""

from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import assert_compiles, to_static
from dy2static.cache import cache as programs
from eager import nn, optim


def test_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MOST_BYTES", 1_000_000)

    @to_static
    def shifted(x: Any, by: str) -> Any:
        return x + xp.asarray(np.full(50_000, float(by)))

    for i in range(5):
        assert float(shifted(xp.asarray(1.0), str(i))[0]) == 1 + i
    assert len(shifted.programs) == 2
    with assert_compiles(0):
        shifted(xp.asarray(1.0), "4")
    with assert_compiles(1):
        shifted(xp.asarray(1.0), "0")


def test_one_program_may_be_larger_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MOST_BYTES", 10)
    f = to_static(lambda x: x + 1)
    f(xp.asarray(1.0))
    with assert_compiles(0):
        f(xp.asarray(2.0))
    f(xp.asarray([1.0]))
    assert len(f.programs) == 1


def test_counting() -> None:
    @to_static
    def double(x: Any) -> Any:
        return x * 2

    with assert_compiles(2) as made:
        double(xp.asarray([1.0]))
        double(xp.asarray([1, 2]))
        double(xp.asarray([3, 4]))
    assert len(made) == 2
    assert made[0].endswith("double: the first call with these types")


def test_another_number_of_programs_fails() -> None:
    @to_static
    def double(x: Any) -> Any:
        return x * 2

    def run() -> None:
        with assert_compiles(0):
            double(xp.asarray([1.0]))
            double(xp.asarray([1.0, 2.0]))

    with pytest.raises(AssertionError) as caught:
        run()
    assert "expected 0 programs to be made, not 2:" in str(caught.value)
    assert "2. " in str(caught.value)
    assert "sizes or numbers differ" in str(caught.value)


def test_an_error_inside_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), assert_compiles(5):
        raise ZeroDivisionError


def test_a_training_step_compiles_once() -> None:
    """Gradients that the step itself sets first are no reason for another program; those that it adds to are."""
    net = nn.Linear(3, 2)
    optimizer = optim.SGD(net.parameters(), 0.01)

    @to_static
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (net(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    @to_static
    def accumulate(x: Any) -> None:
        (net(x) ** 2).sum().backward()

    x = xp.asarray(np.ones((4, 3)))
    with assert_compiles(1):
        losses = [float(step(x)) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]
    optimizer.zero_grad()
    with assert_compiles(2):
        for _ in range(3):
            accumulate(x)
    first = np.asarray(net.bias.grad) / 3
    optimizer.zero_grad()
    accumulate(x)
    np.testing.assert_allclose(np.asarray(net.bias.grad), first)
