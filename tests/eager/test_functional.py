from typing import Any

import numpy as np
import pytest
from scipy import signal, special

import eager as xp
from eager import functional as F  # noqa: N812
from graph.errors import DTypeError, ShapeError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4)) * 3
T = RNG.integers(0, 4, size=5)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return special.softmax(x, axis)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("relu", lambda x: np.maximum(x, 0)),
        ("relu6", lambda x: np.clip(x, 0, 6)),
        ("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x)),
        ("elu", lambda x: np.where(x > 0, x, np.expm1(x))),
        ("gelu", lambda x: x * special.ndtr(x)),
        ("silu", lambda x: x * special.expit(x)),
        ("sigmoid", special.expit),
        ("softplus", lambda x: np.log1p(np.exp(x))),
        ("softsign", lambda x: x / (1 + np.abs(x))),
        ("logsigmoid", special.log_expit),
        ("mish", lambda x: x * np.tanh(np.log1p(np.exp(x)))),
        ("hardtanh", lambda x: np.clip(x, -1, 1)),
        ("softmax", softmax),
        ("log_softmax", lambda x: special.log_softmax(x, -1)),
        ("glu", lambda x: x[:, :2] * special.expit(x[:, 2:])),
        ("selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    ],
)
def test_activation(name: str, reference: Any) -> None:
    f = getattr(F, name)
    np.testing.assert_allclose(np.asarray(f(xp.asarray(X))), reference(X), rtol=1e-10, atol=1e-12)
    assert f(xp.asarray(X.astype(np.float32))).dtype == xp.float32
    xp.gradcheck(f, X, order=2, atol=1e-5)
    assert np.isfinite(np.asarray(xp.grad(lambda x: f(x).sum())(xp.asarray([[800.0, -800.0]])))).all()


def test_gelu_by_tanh() -> None:
    np.testing.assert_allclose(np.asarray(F.gelu(X, "tanh")), X * special.ndtr(X), atol=2e-3)


def test_relu_slope_at_zero() -> None:
    assert xp.grad(lambda x: F.relu(x).sum())(xp.asarray([0.0, 1.0, -1.0])).tolist() == [0, 1, 0]


def test_losses() -> None:
    x, y = xp.asarray(X), xp.asarray(X + 0.5)
    assert float(F.mse_loss(x, y)) == pytest.approx(0.25)
    assert float(F.l1_loss(x, y, reduction="sum")) == pytest.approx(10)
    assert float(F.huber_loss(xp.asarray([0.0, 0.0]), xp.asarray([0.5, 3.0]), "sum")) == pytest.approx(0.125 + 2.5)
    assert float(F.smooth_l1_loss(xp.asarray(0.0), xp.asarray(3.0), beta=0.5)) == pytest.approx(2.75)
    assert F.mse_loss(x, y, reduction="none").shape == (5, 4)
    with pytest.raises(ValueError, match="reduction must be"):
        F.mse_loss(x, y, reduction="average")
    p = special.expit(X)
    target = (X > 0).astype(float)
    expected = -(target * np.log(p) + (1 - target) * np.log1p(-p)).mean()
    assert float(F.binary_cross_entropy_with_logits(x, target)) == pytest.approx(expected)
    assert float(F.binary_cross_entropy(p, target)) == pytest.approx(expected)
    weighted = -(3 * target * np.log(p) + (1 - target) * np.log1p(-p)).mean()
    assert float(F.binary_cross_entropy_with_logits(x, target, pos_weight=3.0)) == pytest.approx(weighted)
    assert float(F.binary_cross_entropy_with_logits(xp.asarray(-1000.0), 1.0)) == 1000
    q, r = softmax(X), softmax(X[::-1])
    assert float(F.kl_div(np.log(q), r, "sum")) == pytest.approx(special.rel_entr(r, q).sum())


def test_cross_entropy() -> None:
    x, logs = xp.asarray(X), special.log_softmax(X, -1)
    picked = -logs[np.arange(5), T]
    assert float(F.cross_entropy(x, T)) == pytest.approx(picked.mean())
    np.testing.assert_allclose(np.asarray(F.cross_entropy(x, T, reduction="none")), picked)
    ignoring = T.copy()
    ignoring[0] = -100
    assert float(F.cross_entropy(x, ignoring)) == pytest.approx(picked[1:].mean())
    w = np.asarray([1.0, 2.0, 3.0, 4.0])
    assert float(F.cross_entropy(x, T, weight=w)) == pytest.approx((picked * w[T]).sum() / w[T].sum())
    one_hot = np.eye(4)[T]
    assert float(F.cross_entropy(x, one_hot)) == pytest.approx(picked.mean())
    smooth = one_hot * 0.9 + 0.1 / 4
    expected = -(smooth * logs).sum(-1).mean()
    assert float(F.cross_entropy(x, T, label_smoothing=0.1)) == pytest.approx(expected)
    assert float(F.cross_entropy(x, one_hot, label_smoothing=0.1)) == pytest.approx(expected)
    assert float(F.cross_entropy(x[0], xp.asarray(int(T[0])))) == pytest.approx(picked[0])
    images = np.moveaxis(X.reshape(1, 5, 4), 1, 2)
    assert float(F.cross_entropy(images, T[None])) == pytest.approx(picked.mean())
    gradient = xp.grad(F.cross_entropy)(x, T)
    np.testing.assert_allclose(np.asarray(gradient), (softmax(X) - one_hot) / 5)
    with pytest.raises(DTypeError, match="class indices"):
        F.nll_loss(x, X[:, 0])
    with pytest.raises(ShapeError, match="without its axis 1"):
        F.nll_loss(x, T[:3])


def test_layer_norm_and_friends() -> None:
    x = xp.asarray(X)
    z = (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(np.asarray(F.layer_norm(x, 4, np.full(4, 2.0), np.ones(4))), 2 * z + 1)
    with pytest.raises(ShapeError, match="do not have the shape"):
        F.layer_norm(x, 3)
    rms = X / np.sqrt((X**2).mean(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(np.asarray(F.rms_norm(x, 4)), rms)
    images = RNG.normal(size=(2, 4, 3))
    grouped = images.reshape(2, 2, 6)
    g = (grouped - grouped.mean(-1, keepdims=True)) / np.sqrt(grouped.var(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(np.asarray(F.group_norm(images, 2)), g.reshape(2, 4, 3))
    np.testing.assert_allclose(np.asarray(F.normalize(x)), X / np.linalg.norm(X, axis=1, keepdims=True))
    cosine = (X * X[::-1]).sum(1) / (np.linalg.norm(X, axis=1) * np.linalg.norm(X[::-1], axis=1))
    np.testing.assert_allclose(np.asarray(F.cosine_similarity(X, X[::-1])), cosine)


def test_batch_norm() -> None:
    mean, var = xp.zeros(4), xp.ones(4)
    out = F.batch_norm(X, mean, var, training=True)
    np.testing.assert_allclose(np.asarray(out), (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-5))
    np.testing.assert_allclose(np.asarray(mean), 0.1 * X.mean(0))
    np.testing.assert_allclose(np.asarray(var), 0.9 + 0.1 * X.var(0, ddof=1))
    out = F.batch_norm(X, mean, var)
    np.testing.assert_allclose(np.asarray(out), (X - np.asarray(mean)) / np.sqrt(np.asarray(var) + 1e-5))
    images = RNG.normal(size=(2, 4, 3, 3))
    normal = F.batch_norm(images, None, None, xp.full(4, 2.0), xp.ones(4), training=True)
    np.testing.assert_allclose(np.asarray(normal).mean((0, 2, 3)), np.ones(4))


def test_embedding_and_one_hot() -> None:
    w = xp.asarray(X)
    np.testing.assert_array_equal(np.asarray(F.embedding([[0, 4], [1, 1]], w)), X[[[0, 4], [1, 1]]])
    gradient = xp.grad(lambda w: F.embedding([0, 1, 1], w, padding_idx=0).sum())(w)
    assert np.asarray(gradient)[:, 0].tolist() == [0, 2, 0, 0, 0]
    assert F.one_hot([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert F.one_hot(xp.asarray([1]), 2).tolist() == [[0, 1]]
    with pytest.raises(DTypeError, match="class indices"):
        F.one_hot([0.5])


def test_dropout() -> None:
    x = xp.ones((100, 100))
    dropped = np.asarray(F.dropout(x, 0.25, generator=xp.Generator(0)))
    assert set(np.unique(dropped)) == {0.0, 1 / 0.75}
    assert dropped.mean() == pytest.approx(1, abs=0.02)
    assert F.dropout(x, 0.5, training=False) is x
    assert float(F.dropout(x, 1.0).sum()) == 0
    again = np.asarray(F.dropout(x, 0.25, generator=xp.Generator(0)))
    np.testing.assert_array_equal(dropped, again)
    with pytest.raises(ValueError, match="between 0 and 1"):
        F.dropout(x, 1.5)


def test_attention() -> None:
    q, k, v = (RNG.normal(size=(2, 3, 4)) for _ in range(3))
    scores = q @ k.swapaxes(-1, -2) / 2
    np.testing.assert_allclose(np.asarray(F.scaled_dot_product_attention(q, k, v)), softmax(scores) @ v)
    causal = np.where(np.tril(np.ones((3, 3), bool)), scores, -np.inf)
    expected = softmax(causal) @ v
    np.testing.assert_allclose(np.asarray(F.scaled_dot_product_attention(q, k, v, is_causal=True)), expected)
    mask = np.tril(np.ones((3, 3), bool))
    np.testing.assert_allclose(np.asarray(F.scaled_dot_product_attention(q, k, v, mask)), expected)
    added = np.where(mask, 0.0, -1e30)
    np.testing.assert_allclose(np.asarray(F.scaled_dot_product_attention(q, k, v, added)), expected)
    xp.gradcheck(lambda a, b, c: F.scaled_dot_product_attention(a, b, c, is_causal=True), q, k, v)


def test_linear_and_pad() -> None:
    w, b = RNG.normal(size=(3, 4)), RNG.normal(size=3)
    np.testing.assert_allclose(np.asarray(F.linear(X, w, b)), X @ w.T + b)
    np.testing.assert_array_equal(
        np.asarray(F.pad(X, (1, 2), value=7.0)), np.pad(X, ((0, 0), (1, 2)), constant_values=7)
    )
    np.testing.assert_array_equal(np.asarray(F.pad(X, (1, 0, 0, 2), "replicate")), np.pad(X, ((0, 2), (1, 0)), "edge"))


def test_convolution() -> None:
    x, w = RNG.normal(size=(1, 1, 6, 5)), RNG.normal(size=(1, 1, 3, 2))
    expected = signal.correlate2d(x[0, 0], w[0, 0], "valid")
    np.testing.assert_allclose(np.asarray(xp.conv2d(x, w))[0, 0], expected)
    np.testing.assert_allclose(
        np.asarray(xp.conv2d(x, w, bias=xp.asarray([2.0]), stride=2))[0, 0], expected[::2, ::2] + 2
    )
    assert xp.conv2d(x, w, padding="same").shape == x.shape
    assert xp.conv2d(x[0], w).shape == (1, 4, 4)
    assert xp.conv1d(np.ones((2, 4, 9)), np.ones((6, 2, 3)), groups=2, dilation=2, padding=1).shape == (2, 6, 7)
    assert xp.conv3d(np.ones((1, 1, 3, 3, 3)), np.ones((1, 1, 2, 2, 2))).tolist()[0][0][0][0] == [8, 8]
    with pytest.raises(ShapeError, match="both need 4 axes"):
        xp.conv2d(np.ones((2, 2)), w)
    with pytest.raises(ShapeError, match="each of 2 spatial axes"):
        xp.conv2d(x, w, stride=(1, 1, 1))


def test_pooling() -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    assert xp.max_pool2d(x, 2).tolist() == [[[[5, 7], [13, 15]]]]
    assert xp.avg_pool2d(x, 2).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert xp.max_pool2d(x, 3, stride=1).tolist() == [[[[10, 11], [14, 15]]]]
    assert xp.max_pool1d(x[0], 2).shape == (1, 4, 2)
    assert float(xp.avg_pool2d(x, 2, padding=1)[0, 0, 0, 0]) == 0
    assert float(xp.avg_pool1d(x[0] + 1, 2, padding=1, count_include_pad=False)[0, 0, 0]) == 1
    assert xp.adaptive_avg_pool2d(x, 2).tolist() == xp.avg_pool2d(x, 2).tolist()
    assert xp.adaptive_max_pool2d(x, (1, 2)).tolist() == [[[[13, 15]]]]
    with pytest.raises(ShapeError, match="do not come out even"):
        xp.adaptive_avg_pool2d(x, 3)
