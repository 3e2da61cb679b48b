from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import eager as xp
from eager.gradcheck import gradcheck
from graph.errors import DTypeError, ShapeError

X = xp.asarray([0.5, 1.5, 2.5])


def f(x: xp.Tensor) -> xp.Tensor:
    return xp.sum(xp.sin(x) * x)


def test_grad_against_differences_to_third_order() -> None:
    np.testing.assert_allclose(np.asarray(xp.grad(f)(X)), np.cos(X) * np.asarray(X) + np.sin(X))
    gradcheck(f, X, order=3)


CASES: list[tuple[Any, tuple[Any, ...]]] = [
    (lambda x: x / (1 + x * x), (X,)),
    (lambda x, y: x**y, (X, X + 1)),
    (lambda x: x[1:] * x[:-1], (X,)),
    (lambda x: x[[0, 0, 2]] ** 2, (X,)),
    (lambda x: xp.where(x > 1, x * x, xp.exp(x)), (X,)),
    (lambda x: xp.max(x) * xp.logsumexp(x), (X,)),
    (lambda x: xp.std(x) + xp.mean(x, keepdims=True), (X,)),
    (lambda x: xp.prod(x) + xp.cumsum(x), (X,)),
    (lambda x, w: xp.tanh(w @ x) @ w, (X, xp.asarray(np.random.default_rng(0).normal(size=(3, 3))))),
    (lambda w: xp.inv(w @ w.T + xp.eye(3)), (np.random.default_rng(1).normal(size=(3, 3)),)),
    (lambda x: xp.concat([x, x * 2]).reshape(2, 3).T.sum(axis=1), (X,)),
    (lambda x: xp.sort(-x) * x, (X,)),
    (lambda x: xp.softmax(x) * xp.log_softmax(x), (X,)),
    (lambda x: xp.stack([x, x[::-1]]).mean(axis=0), (X,)),
    (lambda x: xp.einsum("i,j->ij", x, x), (X,)),
    (lambda z: z * z.conj() + xp.exp(z), (np.asarray([1 + 2j, 0.5 - 1j]),)),
    (lambda x: xp.abs(x * (1 + 1j)) * xp.real(xp.exp(1j * x)), (X,)),
    (lambda x: xp.layer_norm(x, 3) * xp.gelu(x), (X,)),
    (
        lambda x, w: xp.conv2d(x, w, padding=1),
        (np.random.default_rng(2).normal(size=(2, 2, 4, 4)), np.ones((3, 2, 3, 3))),
    ),
    (lambda x: xp.max_pool2d(x, 2), (np.random.default_rng(3).normal(size=(1, 2, 4, 4)),)),
    (lambda x: xp.linalg.norm(x) + xp.linalg.vector_norm(x, ord=3), (X,)),
    (lambda x: xp.median(x) + xp.quantile(x, 0.3) + xp.linalg.pinv(xp.outer(x, x) + xp.eye(3)), (X,)),
]


@pytest.mark.parametrize(("function", "args"), CASES)
def test_gradcheck_twice(function: Any, args: tuple[Any, ...]) -> None:
    gradcheck(function, *args, order=2, atol=1e-5)


def test_gradcheck_finds_errors() -> None:
    from eager.tape import record_custom

    def wrong(x: xp.Tensor) -> xp.Tensor:
        out = x.detach() ** 2
        record_custom([x], [out], lambda cts: (cts[0] * 3 * x,))
        return out

    with pytest.raises(AssertionError, match="central differences"):
        gradcheck(wrong, X)


def test_value_and_grad_argnums_and_aux() -> None:
    def loss(x: xp.Tensor, y: xp.Tensor, scale: float) -> tuple[xp.Tensor, dict[str, xp.Tensor]]:
        return (x * y).sum() * scale, {"product": x * y}

    (value, aux), (gx, gy) = xp.value_and_grad(loss, argnums=(0, 1), has_aux=True)(X, X * 2, 3.0)
    assert float(value) == pytest.approx(3 * 2 * 8.75)
    assert not value.requires_grad
    assert not aux["product"].requires_grad
    np.testing.assert_allclose(np.asarray(gx), 6 * np.asarray(X))
    np.testing.assert_allclose(np.asarray(gy), 3 * np.asarray(X))
    g, aux = xp.grad(loss, argnums=-2, has_aux=True)(X, X, 1.0)
    assert g.tolist() == X.tolist()


class Pair(NamedTuple):
    a: xp.Tensor
    b: int


@dataclass
class Params:
    w: xp.Tensor
    others: dict[str, list[xp.Tensor]]


def test_pytrees_of_arguments() -> None:
    params = Params(X, {"b": [xp.ones(3), xp.asarray(2.0)]})

    def loss(p: Params, pair: Pair) -> xp.Tensor:
        return (p.w * p.others["b"][0] * p.others["b"][1] * pair.a * pair.b).sum()

    gp, gpair = xp.grad(loss, argnums=(0, 1))(params, Pair(xp.asarray(1.0), 2))
    assert isinstance(gp, Params)
    assert gp.w.tolist() == [4, 4, 4]
    assert float(gp.others["b"][1]) == 9
    assert isinstance(gpair, Pair)
    assert gpair.b is None
    assert float(gpair.a) == 18


def test_python_and_numpy_arguments() -> None:
    assert float(xp.grad(lambda x: x * x)(3.0)) == 6
    assert xp.grad(lambda x: (x * x).sum())(np.ones(2)).tolist() == [2, 2]


def test_no_dependence_gives_zeros() -> None:
    assert xp.grad(lambda x: xp.asarray(1.0))(X).tolist() == [0, 0, 0]
    assert xp.grad(lambda x: x.detach().sum())(X).tolist() == [0, 0, 0]
    assert float(xp.grad(lambda x: x)(xp.asarray(2.0))) == 1


def test_errors() -> None:
    with pytest.raises(ShapeError, match=r"gradient is that of a scalar; `<lambda>` returned float64\(3,\)"):
        xp.grad(lambda x: x)(X)
    with pytest.raises(DTypeError, match=r"argument 0 of `f` has nothing to differentiate.*int64\(2,\)"):
        xp.grad(f)(xp.arange(2))
    with pytest.raises(DTypeError, match="real floating scalar"):
        xp.grad(lambda x: (x * 1j).sum())(X)
    with pytest.raises(ValueError, match="argnums asks for number 3"):
        xp.grad(f, argnums=3)(X)
    with pytest.raises(TypeError, match="must return a pair"):
        xp.grad(f, has_aux=True)(X)


def test_functions_get_handles_of_their_own() -> None:
    x = xp.asarray([1.0, 2.0])

    def writes(y: xp.Tensor) -> xp.Tensor:
        y[0] = y[1] * 3
        y *= 2
        return y.sum()

    assert xp.grad(writes)(x).tolist() == [0, 8]
    assert x.tolist() == [1, 2]


def test_nesting_with_closures_over_outer_variables() -> None:
    def outer(x: xp.Tensor) -> xp.Tensor:
        inner = xp.grad(lambda y: (y * x * x).sum())(xp.ones(3))
        return (inner * x).sum()

    np.testing.assert_allclose(np.asarray(xp.grad(outer)(X)), 3 * np.asarray(X) ** 2)


def test_inner_gradient_is_differentiable_in_parameters() -> None:
    p = xp.Parameter(2.0)
    g = xp.grad(lambda x: (p * x * x).sum())(X)
    assert g.requires_grad
    g.sum().backward()
    assert float(p.grad) == pytest.approx(2 * 4.5)
    with xp.no_grad():
        g = xp.grad(lambda x: (p * x * x).sum())(X)
    assert not g.requires_grad
    np.testing.assert_allclose(np.asarray(g), 4 * np.asarray(X))


@pytest.mark.parametrize(
    "inner",
    [
        lambda x: xp.grad(lambda v: (v**3).sum())(x),
        lambda x: xp.value_and_grad(lambda v: (v**3).sum())(x)[1],
        lambda x: xp.vjp(lambda v: v**3, x)[1](xp.ones(3))[0],
        lambda x: xp.jvp(lambda v: v**3, (x,), (xp.ones(3),))[1],
    ],
    ids=["grad", "value_and_grad", "vjp", "jvp"],
)
def test_inner_gradient_belongs_to_the_value_that_its_argument_had(inner: Any) -> None:
    def outer(x: xp.Tensor) -> xp.Tensor:
        g = inner(x)
        x[0] = 5.0
        x *= 2.0
        return g.sum()

    np.testing.assert_allclose(np.asarray(xp.grad(outer)(X)), 6 * np.asarray(X))


def test_tape_of_a_closed_level_is_dead() -> None:
    kept: list[xp.Tensor] = []

    def loss(x: xp.Tensor) -> xp.Tensor:
        h = xp.exp(x)
        kept.append(h)
        return h.sum()

    xp.grad(loss)(X)
    assert not kept[0].requires_grad
    assert not (kept[0] * 2).requires_grad


def test_vjp() -> None:
    out, pullback = xp.vjp(lambda x, y: {"p": x * y, "s": x.sum()}, X, X + 1)
    ct = {"p": xp.ones(3), "s": xp.asarray(2.0)}
    for _ in range(2):
        gx, gy = pullback(ct)
        np.testing.assert_allclose(np.asarray(gx), np.asarray(X) + 3)
        np.testing.assert_allclose(np.asarray(gy), np.asarray(X))
    assert not out["p"].requires_grad
    with pytest.raises(ShapeError, match="cotangent has the structure"):
        pullback(xp.ones(3))
    with pytest.raises(ShapeError, match="cotangent has shape"):
        pullback({"p": xp.ones(2), "s": xp.asarray(2.0)})


def test_jvp_is_the_directional_derivative() -> None:
    v = xp.asarray([1.0, -2.0, 0.5])
    out, tangent = xp.jvp(lambda x: xp.sin(x) * x, (X,), (v,))
    x = np.asarray(X)
    np.testing.assert_allclose(np.asarray(tangent), (np.cos(x) * x + np.sin(x)) * np.asarray(v))
    np.testing.assert_allclose(np.asarray(out), np.sin(x) * x)

    def inner(x: xp.Tensor) -> xp.Tensor:
        return xp.jvp(f, (x,), (v,))[1]

    hessian_v = xp.grad(inner)(X)
    np.testing.assert_allclose(np.asarray(hessian_v), (2 * np.cos(x) - x * np.sin(x)) * np.asarray(v))
    mixed = xp.jvp(xp.grad(f), (X,), (v,))[1]
    np.testing.assert_allclose(np.asarray(mixed), np.asarray(hessian_v))
    twice = xp.jvp(lambda x: xp.jvp(f, (x,), (v,))[1], (X,), (v,))[1]
    np.testing.assert_allclose(float(twice), float((hessian_v * v).sum()))
    with pytest.raises(ShapeError, match="tangents have the structure"):
        xp.jvp(f, (X,), (v, v))


def test_data_dependent_control_flow() -> None:
    def power(x: xp.Tensor) -> xp.Tensor:
        while x < 100:
            x = x * x
        return x

    assert float(xp.grad(power)(xp.asarray(3.0))) == 8 * 3.0**7
