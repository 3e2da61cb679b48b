"""Every workload runs once in every executor, and computes what eager does."""

from functools import cache
from typing import Any, get_args

import numpy as np
import pytest

from benchmarks.agreement import difference
from benchmarks.case import Running
from benchmarks.inputs import WORKLOADS
from benchmarks.workloads import framework
from dy2static.cache.compiled import Executor


@cache
def by_eager(workload: str) -> list[np.ndarray[Any, Any]]:
    return Running(framework("eager"), workload).outcome


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("executor", get_args(Executor))
def test_workload_computes_what_eager_does(executor: str, workload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.inputs.LOGISTIC_STEPS", 1000)  # the interpreter takes seconds for all
    running = Running(framework(executor), workload)
    assert difference(running.outcome, by_eager(workload)) is None
    assert len(running.burst(0.0)) == 1


@pytest.mark.parametrize("workload", ["mlp_train", "lenet_train"])
def test_model_begins_each_turn_from_its_first_parameters(workload: str) -> None:
    case = framework("numpy").cases[workload]()
    assert case.state is not None
    assert case.reset is not None
    call = case.make()
    first = float(call())
    assert float(call()) < first
    case.reset()
    assert float(call()) == first


def test_every_workload_is_there() -> None:
    assert set(framework("eager").cases) == set(WORKLOADS)
