from typing import Any

import numpy as np
import pytest

import eager as xp
from eager.numpy_protocol import FUNCTIONS

A = np.asarray([[1.0, 2.0], [3.0, 5.0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sin(x),
        lambda x: np.add(A, x),
        lambda x: np.power(x, 2),
        lambda x: np.absolute(x),
        lambda x: np.matmul(x, A),
        lambda x: np.sum(x, axis=0),
        lambda x: np.sum(x, 1),
        lambda x: np.mean(x, keepdims=True),
        lambda x: np.concatenate([x, A]),
        lambda x: np.stack((x, x), axis=1),
        lambda x: np.where(x > 2, x, 0),
        lambda x: np.clip(x, 2, 3),
        lambda x: np.zeros_like(x),
        lambda x: np.reshape(x, (4,)),
        lambda x: np.linalg.inv(x),
        lambda x: np.linalg.norm(x),
        lambda x: np.max(x),
        lambda x: np.add.reduce(x),
        lambda x: np.maximum.reduce(x, axis=None),
        lambda x: np.add.accumulate(x),
        lambda x: np.einsum("ij,ij->i", x, x),
        lambda x: np.argmax(x, axis=1),
        lambda x: np.round(x, 1),
        lambda x: np.dot(x, x),
        lambda x: np.transpose(x),
        lambda x: np.cumsum(x),
        lambda x: np.sort(x, axis=0),
        lambda x: np.pad(x, 1),
        lambda x: np.squeeze(x[None]),
    ],
)
def test_numpy_functions_run_ours(call: Any) -> None:
    ours, theirs = call(xp.asarray(A)), call(A)
    assert isinstance(ours, xp.Tensor)
    np.testing.assert_allclose(np.asarray(ours), theirs)
    assert ours.dtype == theirs.dtype


def test_sizes() -> None:
    x = xp.asarray(A)
    assert (np.shape(x), np.ndim(x), np.size(x), np.size(x, 0)) == ((2, 2), 2, 4, 2)


def test_numpy_functions_are_differentiable() -> None:
    gradient = xp.grad(lambda x: np.sum(np.sin(x) * A))(xp.asarray(A))
    np.testing.assert_allclose(np.asarray(gradient), np.cos(A) * A)


def test_out() -> None:
    x = xp.asarray(A)
    target = xp.zeros((2, 2))
    assert np.add(x, 1, out=target) is target
    np.testing.assert_array_equal(np.asarray(target), A + 1)
    array = A.copy()
    same = array
    array += x
    assert array is same
    np.testing.assert_array_equal(array, 2 * A)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: np.fft.fft(x), r"`np.fft.*fft` is not defined for tensors"),
        (lambda x: np.cbrt(x), "`np.cbrt` is not defined for tensors"),
        (lambda x: np.add.at(x, 0, 1), "`np.add.at` is not defined"),
        (lambda x: np.sin(x, where=A > 1), "`np.sin` with where is not defined"),
        (lambda x: np.add.outer(x, x), "`np.add.outer` is not defined"),
    ],
)
def test_what_is_missing_says_what_to_use(call: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text) as caught:
        call(xp.asarray(A))
    assert "use a function of `eager`" in str(caught.value)


def test_table_has_no_strangers() -> None:
    assert all(ours.__module__.startswith("eager.") for ours in FUNCTIONS.values())
    assert FUNCTIONS[np.add] is xp.add
    assert FUNCTIONS[np.linalg.solve] is xp.linalg.solve
