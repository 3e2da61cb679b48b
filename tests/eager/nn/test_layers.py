"""Layers: what they compute, against NumPy, and their gradients, against differences."""

import math

import numpy as np
import pytest

import eager as xp
from eager import nn
from graph.errors import ShapeError


def generator(seed: int = 0) -> xp.Generator:
    return xp.Generator(seed)


def normal(*shape: int, seed: int = 1) -> xp.Tensor:
    return generator(seed).normal(shape)


def check_gradients(module: nn.Module, *inputs: xp.Tensor) -> None:
    """Of the inputs, and of all parameters, which are put in place of the module's own."""
    names = [name for name, _ in module.named_parameters()]
    values = [p.detach() for p in module.parameters()]

    def run(*args: xp.Tensor):
        xs, parameters = args[: len(inputs)], args[len(inputs) :]
        for name, value in zip(names, parameters, strict=True):
            owner = module
            *path, last = name.split(".")
            for step in path:
                owner = owner[int(step)] if step.isdigit() else getattr(owner, step)
            vars(owner)[last] = value
        return module(*xs)

    xp.gradcheck(run, *inputs, *values)


LAYERS = {
    "linear": (lambda: nn.Linear(3, 2, generator=generator()), normal(4, 3)),
    "linear without bias": (lambda: nn.Linear(3, 2, bias=False, generator=generator()), normal(2, 4, 3)),
    "conv1d": (lambda: nn.Conv1d(2, 3, 3, padding=1, generator=generator()), normal(2, 2, 5)),
    "conv2d": (lambda: nn.Conv2d(2, 4, (3, 2), stride=2, groups=2, generator=generator()), normal(2, 2, 5, 6)),
    "max pool": (lambda: nn.MaxPool2d(2), normal(2, 2, 4, 4)),
    "max pool 1d": (lambda: nn.MaxPool1d(2), normal(2, 2, 4)),
    "avg pool": (lambda: nn.AvgPool2d(3, stride=1, padding=1), normal(2, 2, 4, 4)),
    "avg pool 1d": (lambda: nn.AvgPool1d(2), normal(2, 2, 4)),
    "adaptive avg pool": (lambda: nn.AdaptiveAvgPool2d(2), normal(1, 2, 4, 6)),
    "adaptive max pool": (lambda: nn.AdaptiveMaxPool2d((1, 3)), normal(1, 2, 4, 6)),
    "layer norm": (lambda: nn.LayerNorm((3, 4)), normal(2, 3, 4)),
    "rms norm": (lambda: nn.RMSNorm(4), normal(2, 4)),
    "group norm": (lambda: nn.GroupNorm(2, 4), normal(2, 4, 3)),
    "batch norm": (lambda: nn.BatchNorm1d(3), normal(5, 3)),
    "batch norm 2d": (lambda: nn.BatchNorm2d(2), normal(3, 2, 2, 2)),
    "batch norm in eval": (lambda: nn.BatchNorm1d(3).eval(), normal(5, 3)),
    "rnn cell": (lambda: nn.RNNCell(3, 2, generator=generator()), normal(4, 3)),
    "gru cell": (lambda: nn.GRUCell(3, 2, generator=generator()), normal(4, 3)),
    "lstm cell": (lambda: nn.LSTMCell(3, 2, generator=generator()), normal(4, 3)),
    "attention": (lambda: nn.MultiHeadAttention(4, 2, generator=generator()), normal(2, 3, 4)),
    "flatten": (lambda: nn.Flatten(), normal(2, 3, 2)),
    "activations": (
        lambda: nn.Sequential(
            nn.ELU(), nn.SELU(), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.Tanh(), nn.Sigmoid(),
            nn.Softplus(2.0), nn.Softmax(), nn.LogSoftmax(), nn.Identity(), nn.LeakyReLU(), nn.ReLU6(), nn.ReLU(),
        ),
        normal(2, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_gradients(name):
    make, x = LAYERS[name]
    check_gradients(make(), x)


@pytest.mark.parametrize("name", LAYERS)
def test_text_and_state_round_trip(name):
    make, x = LAYERS[name]
    first, second = make(), make()
    assert repr(first).startswith(type(first).__name__)
    second.load_state_dict(first.state_dict())
    for a, b in zip(xp_leaves(first(x)), xp_leaves(second(x)), strict=True):
        np.testing.assert_array_equal(a, b)


def xp_leaves(result):
    return result if isinstance(result, tuple) else (result,)


def test_linear():
    layer = nn.Linear(3, 2, generator=generator())
    x = np.asarray(normal(4, 3))
    expected = x @ np.asarray(layer.weight).T + np.asarray(layer.bias)
    np.testing.assert_allclose(layer(xp.asarray(x)), expected)
    assert np.abs(layer.weight).max() <= 1 / math.sqrt(3)
    assert nn.Linear(3, 2, dtype=xp.float32)(xp.ones((1, 3), dtype=xp.float32)).dtype == xp.float32


def test_conv2d_against_loops():
    layer = nn.Conv2d(2, 3, 2, stride=2, padding=1, generator=generator())
    x = np.asarray(normal(1, 2, 4, 4))
    weight, bias = np.asarray(layer.weight), np.asarray(layer.bias)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = np.zeros((1, 3, 3, 3))
    for o in range(3):
        for i in range(3):
            for j in range(3):
                window = padded[0, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                expected[0, o, i, j] = np.sum(window * weight[o]) + bias[o]
    np.testing.assert_allclose(layer(xp.asarray(x)), expected)


def test_conv_shapes_and_errors():
    assert nn.Conv1d(2, 6, 3, groups=2).weight.shape == (6, 1, 3)
    assert nn.Conv2d(2, 6, 3, padding="same")(normal(1, 2, 5, 5)).shape == (1, 6, 5, 5)
    with pytest.raises(ShapeError, match="3 and 6 channels do not fall into 2 groups"):
        nn.Conv1d(3, 6, 3, groups=2)


def test_pooling():
    x = xp.asarray(np.arange(16.0).reshape(1, 1, 4, 4))
    np.testing.assert_array_equal(nn.MaxPool2d(2)(x)[0, 0], [[5, 7], [13, 15]])
    np.testing.assert_array_equal(nn.AvgPool2d(2)(x)[0, 0], [[2.5, 4.5], [10.5, 12.5]])
    np.testing.assert_array_equal(nn.AvgPool2d(3, 3, 1, count_include_pad=False)(x)[0, 0, 0, 0], 2.5)


def test_layer_norm():
    x = normal(3, 4) * 5.0 + 2.0
    y = np.asarray(nn.LayerNorm(4, eps=0.0)(x))
    np.testing.assert_allclose(y.mean(-1), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(-1), 1)
    assert list(nn.LayerNorm(4, bias=False).state_dict()) == ["weight"]
    assert list(nn.LayerNorm(4, elementwise_affine=False).state_dict()) == []


def test_batch_norm_statistics():
    layer = nn.BatchNorm1d(2)
    batches = [np.asarray(normal(6, 2, seed=s)) * 3 + 1 for s in range(3)]
    mean, var = np.zeros(2), np.ones(2)
    for batch in batches:
        y = np.asarray(layer(xp.asarray(batch)))
        np.testing.assert_allclose(y.mean(0), 0, atol=1e-12)
        mean = 0.9 * mean + 0.1 * batch.mean(0)
        var = 0.9 * var + 0.1 * batch.var(0, ddof=1)
    np.testing.assert_allclose(layer.running_mean, mean)
    np.testing.assert_allclose(layer.running_var, var)
    assert int(layer.num_batches_tracked) == 3
    assert not layer.running_mean.requires_grad
    layer.eval()
    y = np.asarray(layer(xp.asarray(batches[0])))
    np.testing.assert_allclose(y, (batches[0] - mean) / np.sqrt(var + 1e-5))
    assert int(layer.num_batches_tracked) == 3


def test_batch_norm_averages_all_batches_without_momentum():
    layer = nn.BatchNorm2d(2, momentum=None)
    batches = [np.asarray(normal(3, 2, 2, 2, seed=s)) for s in range(4)]
    for batch in batches:
        layer(xp.asarray(batch))
    np.testing.assert_allclose(layer.running_mean, np.mean([b.mean((0, 2, 3)) for b in batches], 0))


def test_batch_norm_without_statistics():
    layer = nn.BatchNorm1d(2, track_running_stats=False, affine=False).eval()
    assert list(layer.state_dict()) == []
    np.testing.assert_allclose(np.asarray(layer(normal(5, 2))).mean(0), 0, atol=1e-12)


def test_batch_norm_errors():
    with pytest.raises(ShapeError, match="`BatchNorm2d` takes tensors of 4 axes"):
        nn.BatchNorm2d(3)(normal(2, 3))
    with pytest.raises(ShapeError, match=r"made for 3 channels, f64\[2,4\] has 4 on axis 1"):
        nn.BatchNorm1d(3)(normal(2, 4))
    with pytest.raises(ShapeError, match="more than one value per channel"):
        nn.BatchNorm1d(3)(normal(1, 3))
    assert nn.BatchNorm1d(3).eval()(normal(1, 3)).shape == (1, 3)


def test_embedding():
    layer = nn.Embedding(5, 3, padding_idx=-1, generator=generator())
    index = xp.asarray([[1, 4], [1, 0]])
    rows = layer(index)
    np.testing.assert_array_equal(rows, np.asarray(layer.weight)[np.asarray(index)])
    np.testing.assert_array_equal(layer.weight[4], [0, 0, 0])
    rows.sum().backward()
    np.testing.assert_array_equal(layer.weight.grad[:, 0], [1, 2, 0, 0, 0])


def test_dropout():
    layer = nn.Dropout(0.25, generator=generator(3))
    x = xp.ones((100, 100))
    y = np.asarray(layer(x))
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert np.mean(y == 0) == pytest.approx(0.25, abs=0.02)
    assert not np.array_equal(layer(x), y)
    np.testing.assert_array_equal(nn.Dropout(0.25, generator=generator(3))(x), y)
    np.testing.assert_array_equal(layer.eval()(x), x)
    with pytest.raises(ValueError, match=r"between 0 and 1, not 1\.5"):
        nn.Dropout(1.5)


def test_cells_against_numpy():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    x, h, c = (np.asarray(normal(4, n, seed=n)) for n in (3, 2, 2))
    for cell in (nn.RNNCell(3, 2), nn.GRUCell(3, 2), nn.LSTMCell(3, 2)):
        w_ih, w_hh, b_ih, b_hh = (np.asarray(p) for p in cell.parameters())
        given, kept = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
        g, k = (np.split(a, cell.gates, -1) for a in (given, kept))
        if cell.gates == 1:
            np.testing.assert_allclose(cell(xp.asarray(x), xp.asarray(h)), np.tanh(given + kept))
        elif cell.gates == 3:
            r, z = sigmoid(g[0] + k[0]), sigmoid(g[1] + k[1])
            n = np.tanh(g[2] + r * k[2])
            np.testing.assert_allclose(cell(xp.asarray(x), xp.asarray(h)), (1 - z) * n + z * h)
        else:
            i, f, o = (sigmoid(g[j] + k[j]) for j in (0, 1, 3))
            c_new = f * c + i * np.tanh(g[2] + k[2])
            found = cell(xp.asarray(x), (xp.asarray(h), xp.asarray(c)))
            np.testing.assert_allclose(found[0], o * np.tanh(c_new))
            np.testing.assert_allclose(found[1], c_new)
    relu = nn.RNNCell(3, 2, nonlinearity="relu")
    assert np.all(np.asarray(relu(xp.asarray(x))) >= 0)
    with pytest.raises(ValueError, match="nonlinearity must be"):
        nn.RNNCell(3, 2, nonlinearity="cosh")  # pyright: ignore[reportArgumentType]
