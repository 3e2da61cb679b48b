"""Derivatives of derivatives: of static functions on the tape, and within static functions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static


def branch(x: Any) -> Any:
    if xp.sum(x) > 0:
        y = x * x * x
    else:
        y = x * x
    return xp.sum(xp.sin(y))


def loop(x: Any) -> Any:
    while xp.sum(x) < 10:
        x = x * x + 0.5
    return xp.sum(x * x)


def counted(x: Any) -> Any:
    h = xp.zeros(2)
    for i in range(xp.asarray(3)):
        h = xp.tanh(h + x * (i + 1))
    return xp.sum(h)


def elements(x: Any) -> Any:
    out = []
    for v in x:
        if v > 1.05:
            out.append(v * v * v)
        out.append(v * x[0])
    return xp.sum(xp.stack(out) ** 2)


def nested(x: Any) -> Any:
    total = xp.sum(x) * 0
    for v in x:
        w = v * v
        while w < 5:
            if w > 3:
                w = w * w
            else:
                w = w * v + 1
        total = total + w * x[0]
    return total


def stopped(x: Any) -> Any:
    for v in x:
        if v * v > 2:
            return v * v * v * x[0]
    return xp.sum(x)


FUNCTIONS = [branch, loop, counted, elements, nested, stopped]
X = xp.asarray([1.1, 1.5])


def derivative(f: Callable[[Any], Any], order: int) -> Callable[[Any], Any]:
    """The gradient of the gradient's weighted sum, and so on."""
    if order == 1:
        return xp.grad(f)
    inner = derivative(f, order - 1)
    return xp.grad(lambda x: xp.sum(inner(x) * xp.asarray([1.0, 2.0])))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_outside(function: Callable[[Any], Any], order: int) -> None:
    expected = np.asarray(derivative(function, order)(X))
    found = np.asarray(derivative(to_static(function), order)(X))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_inside(function: Callable[[Any], Any], order: int) -> None:
    expected = np.asarray(derivative(function, order)(X))

    @to_static
    def inside(x: Any) -> Any:
        return derivative(function, order)(x)

    np.testing.assert_allclose(np.asarray(inside(X)), expected, rtol=1e-10)


def test_inside_a_branch() -> None:
    def curvature(x: Any) -> Any:
        if xp.max(x) > 1:
            d = derivative(loop, 2)(x)
        else:
            d = x
        return d

    np.testing.assert_allclose(np.asarray(to_static(curvature)(X)), np.asarray(curvature(X)), rtol=1e-10)


def test_prints_happen_once(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(x: Any) -> Any:
        if xp.sum(x) > 0:
            print("positive", x[0])
            x = x * x
        assert x[0] > 0, "not positive"
        return xp.sum(x * x)

    expected = np.asarray(derivative(chatty, 2)(X))
    printed = capsys.readouterr().out
    static = to_static(chatty)
    for curvature in (derivative(static, 2), to_static(lambda x: derivative(chatty, 2)(x))):
        np.testing.assert_allclose(np.asarray(curvature(X)), expected, rtol=1e-12)
        assert capsys.readouterr().out == printed


def kept(x: Any) -> Any:
    """With results of which no cotangent comes back, and a list of the graph."""
    steps = []
    for v in x:
        if v > 1.2:
            steps.append(v * v)
        steps.append(v * x[0])
    return xp.zeros(3), steps, xp.sum(x).item(), x * x


def weighed(x: Any) -> Any:
    _, steps, number, squares = kept(x)
    return sum(v**3 for v in steps) + number * xp.sum(squares)


@pytest.mark.parametrize("whole", [True, False])
def test_forward_mode(whole: bool) -> None:
    static = to_static(weighed if whole else kept)

    def around(x: Any) -> Any:
        _, steps, number, squares = static(x)
        return sum(v**3 for v in steps) + number * xp.sum(squares)

    function = static if whole else around
    tangent = xp.asarray([1.0, -2.0])
    for f in (lambda g: g, xp.grad):
        expected, found = (xp.jvp(f(g), (X,), (tangent,)) for g in (weighed, function))
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_allclose(np.asarray(b), np.asarray(a), rtol=1e-10)
    slope = derivative(lambda x: xp.jvp(function, (x,), (tangent,))[1], 2)(X)
    expected = derivative(lambda x: xp.jvp(weighed, (x,), (tangent,))[1], 2)(X)
    np.testing.assert_allclose(np.asarray(slope), np.asarray(expected), rtol=1e-10)


def halved(x: Any) -> Any:
    def power(v: Any, n: Any) -> Any:
        return xp.sum(v) if n == 0 else power(v * v * x, n - 1)

    return power(x, xp.asarray(2))


def test_of_recursion_inside() -> None:
    for order in (2, 3):
        found = to_static(lambda x, order=order: derivative(halved, order)(x))(X)
        np.testing.assert_allclose(np.asarray(found), np.asarray(derivative(halved, order)(X)), rtol=1e-10)
