"""What the samples of linear algebra, convolution and order do not say: meanings, failures, orders of derivatives."""

import itertools
from typing import Any

import numpy as np
import pytest

from graph.aval import SymDim
from graph.errors import NotDifferentiableError
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import Effect, effect_of, lookup
from support.numpy_emitter import NumpyEmitter
from support.samples import conv as conv_samples
from support.samples.matmul import EINSUM
from support.samples.sample import aval, complex_normal, normal

b = NumpyEmitter()
n = SymDim.named("n")


def gradient(op: str, x: Any, cts: Any, **attrs: Any) -> Any:
    results = b.apply(op, (x,), attrs)
    y = results[0] if len(results) == 1 else results
    vjp = lookup(op).vjp
    assert callable(vjp)
    return vjp(b, cts, y, x, **attrs)[0]


@pytest.mark.parametrize(("subscripts", "shapes"), [(text, shapes) for text, *shapes in EINSUM])
def test_einsum_is_numpys(subscripts: str, shapes: list[tuple[int, ...]]) -> None:
    xs = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    np.testing.assert_allclose(b.einsum(*xs, subscripts=subscripts), np.einsum(subscripts, *xs), atol=1e-14)


@pytest.mark.parametrize("x", [normal(4, 3), normal(2, 3, 4), complex_normal(3, 3)])
def test_factors_multiply_to_the_matrix(x: Any) -> None:
    for mode in ("reduced", "complete"):
        q, r = b.qr(x, mode=mode)
        np.testing.assert_allclose(q @ r, x)
    u, s, v = b.svd(x, full_matrices=False)
    np.testing.assert_allclose((u * s[..., None, :]) @ v, x)
    square = x @ x.conj().swapaxes(-1, -2)
    w, z = b.eigh(square)
    np.testing.assert_allclose((z * w[..., None, :]) @ z.conj().swapaxes(-1, -2), square, atol=1e-12)
    positive = square + np.eye(square.shape[-1])
    upper = b.cholesky(positive, upper=True)
    np.testing.assert_allclose(upper.conj().swapaxes(-1, -2) @ upper, positive)


def test_cofactors_of_invertible_and_singular_matrices() -> None:
    x = complex_normal(4, 4)
    np.testing.assert_allclose(b.cofactor(x), np.linalg.det(x) * np.linalg.inv(x).T)
    np.testing.assert_allclose(b.cofactor(np.array([[1.0, 2.0], [2.0, 4.0]])), [[4, -2], [-2, 1]], atol=1e-14)
    np.testing.assert_allclose(b.cofactor(np.zeros((2, 2))), 0)
    np.testing.assert_allclose(b.cofactor(np.array([[3.0]])), [[1]])


@pytest.mark.parametrize("op", ["inv", "cholesky", "solve"])
def test_singular_matrices_fail_as_numpys(op: str) -> None:
    operands = (np.zeros((2, 2)), np.ones(2)) if op == "solve" else (np.zeros((2, 2)),)
    with pytest.raises(np.linalg.LinAlgError):
        lookup(op).kernel(*operands, **({"upper": False} if op == "cholesky" else {}))


def test_gradients_at_zero_are_finite() -> None:
    zeros = np.zeros((2, 2))
    for order in (1, 2, 3, "fro", "nuc"):
        op, attrs = ("matrix_norm", {}) if isinstance(order, str) else ("vector_norm", {"axis": None})
        found = gradient(op, zeros, np.float64(1), ord=order, keepdims=False, **attrs)
        np.testing.assert_array_equal(found, zeros)
    for x in (np.eye(2), zeros):
        assert np.isfinite(gradient("eigh", x, (np.ones(2), np.ones((2, 2))))).all()
    cts = (np.ones((2, 2)), np.ones(2), np.ones((2, 2)))
    assert np.isfinite(gradient("svd", np.eye(2), cts, full_matrices=False)).all()


def test_full_factors_have_a_gradient_where_they_are_unique() -> None:
    square, tall = normal(3, 3), normal(4, 3)
    cts = (normal(3, 3, seed=1), normal(3, seed=2), normal(3, 3, seed=3))
    np.testing.assert_allclose(
        gradient("svd", square, cts, full_matrices=True), gradient("svd", square, cts, full_matrices=False)
    )
    values_only = (None, normal(3), None)
    np.testing.assert_allclose(
        gradient("svd", tall, values_only, full_matrices=True), gradient("svd", tall, values_only, full_matrices=False)
    )
    with pytest.raises(NotDifferentiableError, match="full_matrices=False"):
        gradient("svd", tall, (normal(4, 4), normal(3), None), full_matrices=True)
    with pytest.raises(NotDifferentiableError, match='mode="reduced"'):
        gradient("qr", tall, (normal(4, 4), normal(4, 3)), mode="complete")
    wide = normal(2, 4)
    both = (normal(2, 2), normal(2, 4, seed=1))
    np.testing.assert_allclose(gradient("qr", wide, both, mode="complete"), gradient("qr", wide, both, mode="reduced"))


def plain_conv(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The sum that the definition of a convolution writes, window by window."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    per_group, reach = w.shape[1], [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    counts = [(size - r) // s + 1 for size, r, s in zip(x.shape[2:], reach, stride, strict=True)]
    y = np.zeros((x.shape[0], w.shape[0], *counts))
    for o, at in itertools.product(range(w.shape[0]), np.ndindex(*counts)):
        channel = o // (w.shape[0] // groups) * per_group
        window = tuple(slice(i * s, i * s + r, d) for i, s, r, d in zip(at, stride, reach, dilation, strict=True))
        held = x[:, channel : channel + per_group][(..., *window)]
        y[(slice(None), o, *at)] = (held * w[o]).sum(axis=tuple(range(1, x.ndim)))
    return y


@pytest.mark.parametrize(("x_shape", "w_shape", "attrs"), conv_samples.CONV)
def test_conv_is_its_definition(x_shape: Any, w_shape: Any, attrs: dict[str, Any]) -> None:
    x, w = normal(*x_shape), normal(*w_shape, seed=1)
    np.testing.assert_allclose(b.conv(x, w, **attrs), plain_conv(x, w, **attrs), atol=1e-12)


@pytest.mark.parametrize(("shape", "attrs"), conv_samples.POOL)
def test_pools_are_their_definitions(shape: Any, attrs: dict[str, Any]) -> None:
    x, count = normal(*shape), len(attrs["kernel"])
    best = b.max_pool(x, **attrs)
    np.testing.assert_array_equal(b.pool_take(x, b.max_pool_positions(x, **attrs), spatial=count), best)
    np.testing.assert_allclose(b.avg_pool(np.ones(shape), include_pad=False, **attrs), np.ones(best.shape))
    kernel = np.ones((1, 1, *attrs["kernel"]))
    flat = x.reshape(-1, 1, *shape[len(shape) - count :])
    sums = b.conv(flat, kernel, stride=attrs["stride"], padding=attrs["padding"], dilation=(1,) * count, groups=1)
    means = sums.reshape(best.shape) / kernel.size
    np.testing.assert_allclose(b.avg_pool(x, include_pad=True, **attrs), means, atol=1e-14)


def test_half_precision_sums_in_single() -> None:
    ones = np.ones(4096, np.float16)
    assert b.matmul(ones, ones) == np.float16(4096)
    assert b.einsum(ones, ones, subscripts="i,i") == np.float16(4096)
    assert b.vector_norm(ones, ord=2, axis=None, keepdims=False) == np.float16(64)


def test_orders_are_stable_and_nan_is_largest() -> None:
    ties = np.array([3, 1, 3, 1, 2])
    assert b.argsort(ties, axis=0, descending=True).tolist() == [0, 2, 4, 1, 3]
    values, indices = b.topk(ties, shape=(3,), axis=0, largest=True)
    assert (values.tolist(), indices.tolist()) == ([3, 3, 2], [0, 2, 4])
    with_nan = np.array([1.0, np.nan, -1.0])
    np.testing.assert_array_equal(b.sort(with_nan, axis=0, descending=True), [np.nan, 1, -1])


EFFECTS: list[tuple[str, tuple[str, ...], dict[str, Any], Effect]] = [
    ("matmul", ("f32[n,3]", "f32[3,m]"), {}, Effect.PURE),
    ("matmul", ("f32[b,n,3]", "f32[b,3,m]"), {}, Effect.PURE),
    ("matmul", ("f32[2,n]", "f32[m,3]"), {}, Effect.CAN_FAIL),
    ("matmul", ("f32[a,2,3]", "f32[b,3,2]"), {}, Effect.CAN_FAIL),
    ("einsum", ("f32[n,3]", "f32[3,m]"), {"subscripts": "ij,jk"}, Effect.PURE),
    ("einsum", ("f32[n,k]", "f32[l,m]"), {"subscripts": "ij,jk"}, Effect.CAN_FAIL),
    ("conv", ("f32[n,3,8]", "f32[4,3,3]"), conv_samples.windows((1,)), Effect.PURE),
    ("conv", ("f32[1,3,n]", "f32[4,3,3]"), conv_samples.windows((1,)), Effect.CAN_FAIL),
    ("max_pool", ("f32[n,8]",), conv_samples.pooling((2,), (2,)), Effect.PURE),
    ("max_pool", ("f32[3,n]",), conv_samples.pooling((2,), (2,)), Effect.CAN_FAIL),
    ("topk", ("f32[3,n]",), {"shape": (2,), "axis": 0, "largest": True}, Effect.PURE),
    ("topk", ("f32[n]",), {"shape": (2,), "axis": 0, "largest": True}, Effect.CAN_FAIL),
    ("vector_norm", ("f32[n]",), {"ord": 2, "axis": None, "keepdims": False}, Effect.PURE),
    ("inv", ("f32[2,2]",), {}, Effect.CAN_FAIL),
    ("det", ("f32[2,2]",), {}, Effect.PURE),
]


@pytest.mark.parametrize(("op", "operands", "attrs", "expected"), EFFECTS)
def test_what_can_fail(op: str, operands: tuple[str, ...], attrs: dict[str, Any], expected: Effect) -> None:
    builder = GraphBuilder("f")
    builder.apply(op, [builder.param(aval(x)) for x in operands], attrs)
    assert effect_of(builder.ops[-1]) is expected
