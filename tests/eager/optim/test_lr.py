"""Learning rate schedules: the rates of the first epochs."""

import math

import numpy as np
import pytest

import eager as xp
from dy2static.decorator import to_static
from eager import nn, optim
from eager.optim import lr
from graph.errors import UnsupportedError


def optimizer(*rates: float) -> optim.SGD:
    return optim.SGD([{"params": [nn.Parameter(np.ones(1))], "lr": rate} for rate in rates])


def rates(schedule: lr.Schedule, count: int) -> list[float]:
    found: list[float] = []
    for _ in range(count):
        found += schedule.last_lr()
        schedule.step()
    return found


SCHEDULES = {
    "step": (lambda o: lr.StepLR(o, 2, 0.5), [1, 1, 0.5, 0.5, 0.25]),
    "milestones": (lambda o: lr.MultiStepLR(o, [3, 1], 0.1), [1, 0.1, 0.1, 0.01, 0.01]),
    "exponential": (lambda o: lr.ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
    "cosine": (lambda o: lr.CosineAnnealingLR(o, 4, 0.2), [0.6 + 0.4 * math.cos(math.pi * t / 4) for t in range(5)]),
    "lambda": (lambda o: lr.LambdaLR(o, lambda t: 1 / (t + 1)), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
    "warm-up": (lambda o: lr.WarmupLR(o, 4), [0.25, 0.5, 0.75, 1, 1]),
    "warm-up, then": (lambda o: lr.WarmupLR(o, 2, lr.ExponentialLR(o, 0.1)), [0.5, 1, 1, 0.1, 0.01]),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates(name):
    make, expected = SCHEDULES[name]
    np.testing.assert_allclose(rates(make(optimizer(1.0)), 5), expected)


def test_each_group_has_its_own_base():
    assert rates(lr.StepLR(optimizer(1.0, 4.0), 1, 0.5), 2) == [1.0, 4.0, 0.5, 2.0]


def test_state_dict():
    first, second = (lr.ExponentialLR(optimizer(1.0), 0.5) for _ in range(2))
    first.step()
    first.step()
    second.load_state_dict(first.state_dict())
    assert second.last_lr() == [0.25]
    with pytest.raises(ValueError, match="has 2 groups, the state dict is for 1"):
        lr.ExponentialLR(optimizer(1.0, 1.0), 0.5).load_state_dict(first.state_dict())


def test_warm_up_of_another_optimizer():
    with pytest.raises(ValueError, match="must be a new one of the same optimizer"):
        lr.WarmupLR(optimizer(1.0), 2, lr.StepLR(optimizer(1.0), 1))


def test_a_schedule_cannot_be_staged():
    schedule = lr.StepLR(optimizer(1.0), 1)

    @to_static
    def step(x):
        schedule.step()
        return x

    with pytest.raises(UnsupportedError, match="counts in Python"):
        step(xp.ones(1))
    assert schedule.last_lr() == [1.0]
