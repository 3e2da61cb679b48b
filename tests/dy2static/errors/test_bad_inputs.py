"""What a user gets for bad inputs: one error at the line, with both sides quoted; and nothing is changed by it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import InputSpec, run_eagerly, to_static
from eager import nn, optim
from support.defining import define
from support.golden import assert_golden

SOURCE = """
    def affine(x, weights, bias):
        scaled = x @ weights
        return scaled + bias

    def table(config, x):
        return x * config["scale"] + config["shift"]

    def in_a_branch(x, y):
        if xp.sum(x) > 0:
            x = x + y
        return x

    def in_a_loop(x, y):
        for i in range(3):
            x = xp.concat([x, y], axis=1)
        return x

    def undefined(x):
        if xp.sum(x) > 0:
            result = x
        return rezult

    def undefined_attribute(x, model):
        return x * model.wieght

    def undefined_of_module(x):
        return xp.sqroot(x)

    def too_few(x):
        return helper(x)

    def helper(x, y):
        return x + y

    def reduces(x):
        return xp.sum(x, axis=2)

    def picks(x):
        return x[1, 2, 3]

    def truth(x):
        if x > 0:
            return x
        return -x

    def unpacks(x):
        a, b = x
        return a + b
"""
MATRIX, VECTOR = xp.ones((2, 3)), xp.ones(3)

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "wrong_rank": ("affine", (VECTOR, xp.ones((4, 3)), VECTOR)),
    "wrong_shape": ("affine", (MATRIX, xp.ones((3, 3)), xp.ones(2))),
    "wrong_dtype": ("affine", (MATRIX, xp.ones((3, 3), dtype=xp.bool), "b")),
    "wrong_structure": ("table", ({"scale": 2.0}, VECTOR)),
    "another_structure": ("table", (VECTOR, VECTOR)),
    "mismatch_in_a_branch": ("in_a_branch", (VECTOR, xp.ones(4))),
    "mismatch_in_a_loop": ("in_a_loop", (MATRIX, xp.ones((3, 3)))),
    "undefined_name": ("undefined", (VECTOR,)),
    "undefined_attribute": ("undefined_attribute", (VECTOR, nn.Linear(2, 2))),
    "undefined_of_module": ("undefined_of_module", (VECTOR,)),
    "too_few_arguments": ("too_few", (VECTOR,)),
    "axis_out_of_range": ("reduces", (MATRIX,)),
    "too_many_indices": ("picks", (MATRIX,)),
    "ambiguous_truth": ("truth", (VECTOR,)),
    "unpacking": ("unpacks", (VECTOR,)),
}


def function(name: str) -> Any:
    return define(SOURCE, name, "model.py", xp=xp)


def raised(f: Callable[..., Any], *args: Any) -> Exception:
    try:
        f(*args)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("case", CASES)
def test_bad_inputs(case: str) -> None:
    name, args = CASES[case]
    error = raised(to_static(function(name)), *args)
    assert_golden(f"errors/{case}.txt", f"{type(error).__name__}: {error}")


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("wrong_dtype")])
def test_the_class_is_that_of_plain_python(case: str) -> None:
    name, args = CASES[case]
    expected, found = raised(function(name), *args), raised(to_static(function(name)), *args)
    assert isinstance(found, type(expected)) or isinstance(expected, type(found))


def test_an_input_that_is_not_as_declared() -> None:
    f = to_static(function("affine"), input_spec={"x": InputSpec("n", 3)})
    f(MATRIX, xp.ones((3, 3)), VECTOR)
    error = raised(f, VECTOR, xp.ones((3, 3)), VECTOR)
    assert_golden("errors/not_as_declared.txt", f"{type(error).__name__}: {error}")


STATEFUL = """
    class Model:
        def __init__(self):
            self.count = 0
            self.total = xp.asarray(1.0)
            self.log = [xp.asarray(0.0)]
            self.table = {"last": xp.asarray(0.0)}
            self.weight = xp.Parameter([1.0, 2.0])

        def at_staging(self, x):
            self.write(x)
            return x @ xp.ones(7)

        def at_run_time(self, x):
            self.write(x)
            assert xp.sum(x) < 0, "positive"
            return x

        def in_a_loop(self, x):
            for i in range(x.shape[0]):
                self.write(x)
                if x[i] > 1:
                    raise ValueError("found one")
            return x

        def index(self, x):
            self.write(x)
            return x[xp.sum(x).astype(xp.int64)]

        def write(self, x):
            global seen
            seen = seen + 1
            self.count += 1
            self.total = self.total + xp.sum(x)
            self.total *= 2
            self.log.append(self.total)
            self.log[0] = self.total
            self.table["last"] = x
            self.table["new"] = x
            x += 1
            with xp.no_grad():
                self.weight -= 0.5
"""
STATEFUL = STATEFUL.replace("            with xp.no_grad():\n                self.weight -= 0.5\n", "")


@pytest.mark.parametrize("method", ["at_staging", "at_run_time", "in_a_loop", "index"])
def test_a_failing_call_changes_nothing(method: str) -> None:
    cls = define(STATEFUL, "Model", "stateful.py", xp=xp, seen=xp.asarray(0))
    model = cls()
    variables = cls.write.__globals__
    before = (model.count, model.total, model.log, list(model.log), dict(model.table), model.weight, variables["seen"])
    values = [np.array(v) for v in (model.total, model.log[0], model.table["last"], model.weight, variables["seen"])]
    x = xp.asarray([1.0, 2.0, 3.0])
    for _ in range(2):
        with pytest.raises((ValueError, AssertionError, IndexError)):
            to_static(getattr(model, method))(x)
        assert model.count == before[0]
        assert model.total is before[1]
        assert model.log is before[2]
        assert all(a is b for a, b in zip(model.log, before[3], strict=True))
        assert model.table.keys() == before[4].keys()
        assert model.table["last"] is before[4]["last"]
        assert model.weight is before[5]
        assert variables["seen"] is before[6]
        now = [np.array(v) for v in (model.total, model.log[0], model.table["last"], model.weight, variables["seen"])]
        for a, b in zip(values, now, strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(np.asarray(x), [1.0, 2.0, 3.0])


def test_a_failing_training_step_changes_nothing() -> None:
    model = nn.Linear(2, 1, generator=xp.random.Generator(0))
    optimizer = optim.Adam(model.parameters(), lr=0.1)

    @to_static
    def train(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = xp.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        assert loss < 10.0, "diverged"
        return loss

    x, y = xp.ones((4, 2)), xp.ones((4, 1))
    train(x, y)
    weight, moments = np.array(model.weight), {k: np.array(v) for k, v in _tensors(optimizer.state_dict()).items()}
    with pytest.raises(AssertionError, match="diverged"):
        train(x, y + 100)
    np.testing.assert_array_equal(np.asarray(model.weight), weight)
    for key, value in _tensors(optimizer.state_dict()).items():
        np.testing.assert_array_equal(np.asarray(value), moments[key])
    train(x, y)


def _tensors(tree: Any, path: str = "") -> dict[str, Any]:
    if isinstance(tree, dict):
        return {k: v for key, item in tree.items() for k, v in _tensors(item, f"{path}.{key}").items()}
    if isinstance(tree, list | tuple):
        return {k: v for i, item in enumerate(tree) for k, v in _tensors(item, f"{path}.{i}").items()}
    return {path: tree} if isinstance(tree, xp.Tensor) else {}


def test_the_function_works_after_a_failing_call() -> None:
    f = to_static(function("affine"))
    for _ in range(2):
        with pytest.raises(ValueError, match="do not broadcast"):
            f(MATRIX, xp.ones((3, 3)), xp.ones(2))
        found = f(MATRIX, xp.ones((3, 3)), VECTOR)
        with run_eagerly():
            expected = f(MATRIX, xp.ones((3, 3)), VECTOR)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
