"""Executors are chosen by name and agree."""

import numpy as np
import pytest

from graph.execute.executor import DEFAULT, Executor
from graph.text.parser import parse


@pytest.mark.parametrize("name", ["interpreter", "numpy", "native"])
def test_executor_by_name(name: str) -> None:
    graph = parse("graph f(%0: f64[2]) -> (f64[2]) { %1: f64[2] = neg %0 yield %1 }")
    (result,) = Executor(name).prepare(graph)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(result, [-1.0, -2.0])


def test_default_is_native_code() -> None:
    assert DEFAULT is Executor.NATIVE
