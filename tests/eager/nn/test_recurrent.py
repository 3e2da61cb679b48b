"""Recurrent layers against their own cells."""

import numpy as np
import pytest

import eager as xp
from eager import nn


def normal(*shape: int, seed: int = 1) -> xp.Tensor:
    return xp.Generator(seed).normal(shape)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_one_layer_is_its_cell_along_the_sequence(kind):
    layer = kind(3, 2, generator=xp.Generator(0))
    x = normal(5, 4, 3)
    out, last = layer(x)
    cell, state = layer.cells[0], None
    for t in range(5):
        state = cell(x[t], state)
        np.testing.assert_allclose(out[t], state[0] if kind is nn.LSTM else state)
    if kind is nn.LSTM:
        assert last[0].shape == last[1].shape == (1, 4, 2)
        np.testing.assert_allclose(last[1][0], state[1])
    else:
        np.testing.assert_allclose(last[0], state)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_layers_and_directions(kind):
    layer = kind(3, 2, num_layers=2, bidirectional=True, batch_first=True, generator=xp.Generator(0))
    x = normal(4, 5, 3)
    out, last = layer(x)
    h = last[0] if kind is nn.LSTM else last
    assert out.shape == (4, 5, 4)
    assert h.shape == (4, 4, 2)
    np.testing.assert_allclose(out[:, -1, :2], h[2])
    np.testing.assert_allclose(out[:, 0, 2:], h[3])
    again, _ = layer(x, last)
    assert not np.allclose(again, out)
    names = list(layer.state_dict())
    assert names[:4] == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    assert names[-1] == "bias_hh_l1_reverse"


def test_the_reverse_direction_sees_the_reversed_sequence():
    both = nn.GRU(3, 2, bidirectional=True, generator=xp.Generator(0))
    one = nn.GRU(3, 2)
    one.load_state_dict({n.removesuffix("_reverse"): v for n, v in both.state_dict().items() if n.endswith("_reverse")})
    x = normal(5, 4, 3)
    np.testing.assert_allclose(both(x)[0][:, :, 2:], xp.flip(one(xp.flip(x, axis=0))[0], axis=0))


def test_sequences_without_a_batch():
    layer = nn.LSTM(3, 2, batch_first=True, generator=xp.Generator(0))
    x = normal(5, 3)
    out, (h, c) = layer(x)
    assert out.shape == (5, 2)
    assert h.shape == c.shape == (1, 2)
    np.testing.assert_allclose(out, layer(x.expand_dims(0))[0][0])


def test_dropout_between_layers_in_training_only():
    layer = nn.RNN(3, 8, num_layers=2, dropout=0.5, generator=xp.Generator(0))
    x = normal(5, 4, 3)
    assert not np.allclose(layer(x)[0], layer(x)[0])
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0], layer(x)[0])


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_gradients(kind):
    layer = kind(2, 2, num_layers=2, bidirectional=True, generator=xp.Generator(0))
    xp.gradcheck(lambda x: layer(x)[0], normal(3, 2, 2))
    layer(normal(3, 2, 2))[0].sum().backward()
    assert all(p.grad is not None for p in layer.parameters())
    assert len(list(layer.parameters())) == 16


def test_text():
    assert repr(nn.GRU(3, 2, num_layers=2)) == "GRU(3, 2, num_layers=2)"
