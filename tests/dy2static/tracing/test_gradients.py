"""Gradients of traces against the tape over eager code."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import run_eagerly
from dy2static.errors import TraceWarning
from dy2static.tracing.trace import trace
from eager import no_grad
from eager.parameter import Parameter
from graph.errors import NotDifferentiableError, TraceGuardError


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Warnings have their own tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        yield


def tensor(*values: float) -> Any:
    return xp.asarray(values)


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-12, atol=1e-15)


def branch(x: Any) -> Any:
    return xp.sum(x**3) if xp.sum(x) > 0 else xp.sum(xp.sin(x))


def loop(x: Any) -> Any:
    while xp.sum(x * x) < 50.0:
        x = x * 1.5 + xp.tanh(x)
    return xp.sum(xp.log(x * x))


def items(x: Any) -> Any:
    total = xp.asarray(0.0)
    for v in x[x > 0]:
        total = total + v * v * v
    return total


def masked(x: Any) -> Any:
    kept = x[x > 0]
    return xp.sum(kept * kept) * kept.shape[0]


def detached(x: Any) -> Any:
    with no_grad():
        y = x * x
    return xp.sum(y * x * x.detach())


def inner(x: Any) -> Any:
    return xp.sum(xp.grad(branch)(x) ** 2)


FUNCTIONS = [branch, loop, items, masked, detached, inner]
INPUTS = [(1.0, 2.0), (-1.0, 0.5), (3.0, -1.0), (-4.0, -2.0), (1.0, 2.5)]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_gradients_are_those_of_the_tape(f: Callable[[Any], Any]) -> None:
    traced = trace(f, tensor(*INPUTS[0]), on_mismatch="retrace")
    gradient, both = traced.grad(), traced.value_and_grad()
    for values in INPUTS:
        x = tensor(*values)
        expected = xp.grad(f)(x)
        close(gradient(x), expected)
        value, found = both(x)
        close(value, f(x))
        close(found, expected)
        close(xp.grad(traced)(x), expected)
        second = xp.grad(lambda x: xp.sum(xp.grad(f)(x) ** 2))(x)
        close(xp.grad(lambda x: xp.sum(xp.grad(traced)(x) ** 2))(x), second)
    assert "graph" in gradient.graph


@pytest.mark.parametrize("f", FUNCTIONS)
def test_a_gradient_is_right_or_refused(f: Callable[[Any], Any]) -> None:
    traced = trace(f, tensor(*INPUTS[0]))
    gradient = traced.grad()
    held = 0
    for values in INPUTS:
        x = tensor(*values)
        for compute in (gradient, xp.grad(traced)):
            try:
                found = compute(x)
            except TraceGuardError:
                continue
            held += 1
            close(found, xp.grad(f)(x))
    assert held


def test_parameters_from_outside() -> None:
    w = Parameter([2.0, 3.0])

    def loss(x: Any) -> Any:
        return xp.sum((x * w) ** 2)

    traced = trace(loss, tensor(1.0, 2.0))
    traced(tensor(1.0, 2.0)).backward()
    assert w.grad is not None
    found = np.asarray(w.grad)
    w.grad = None
    loss(tensor(1.0, 2.0)).backward()
    close(found, w.grad)


def test_several_arguments_and_trees() -> None:
    def loss(params: dict[str, Any], x: Any, k: int) -> Any:
        return xp.sum(xp.tanh(x @ params["w"] + params["b"])) * k

    params = {"w": xp.asarray([[0.1, 0.2], [0.3, 0.4]]), "b": tensor(0.5, 0.6)}
    traced = trace(loss, params, tensor(1.0, 2.0), 3)
    found = traced.grad((0, 1))(params, tensor(2.0, 1.0), 3)
    expected = xp.grad(loss, (0, 1))(params, tensor(2.0, 1.0), 3)
    close(found[0]["w"], expected[0]["w"])
    close(found[0]["b"], expected[0]["b"])
    close(found[1], expected[1])


def test_in_eager_mode_and_within_a_trace() -> None:
    traced = trace(branch, tensor(1.0, 2.0))
    x = tensor(-1.0, -2.0)
    with run_eagerly():
        close(traced.grad()(x), xp.grad(branch)(x))
    outer = trace(lambda x: traced.grad()(x) * 2, tensor(1.0, 2.0))
    close(outer(tensor(3.0, 1.0)), xp.grad(branch)(tensor(3.0, 1.0)) * 2)


def test_a_result_that_is_no_number() -> None:
    traced = trace(lambda x: (x, x), tensor(1.0))
    with pytest.raises(NotDifferentiableError, match="a function that returns one tensor"):
        traced.grad()(tensor(1.0))
