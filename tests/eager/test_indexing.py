from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import eager as xp
from graph.errors import DTypeError, IndexRangeError, ShapeError

A = np.arange(24.0).reshape(2, 3, 4)
KEYS: list[Any] = [
    0,
    -1,
    (1, 2),
    (1, 2, 3),
    slice(None),
    slice(None, None, -1),
    (slice(None), slice(1, None)),
    (..., 1),
    (..., None),
    (None, 0),
    (slice(None), [0, 2]),
    ([0, 1], [1, 2]),
    ([0, 1], slice(None), [1, 2]),
    (0, ..., np.array([[0, 1], [2, 3]])),
    A > 5,
    (A > 5)[:, :, 0],
    (0, A[0] > 5),
    np.int64(1),
    (slice(np.int64(1), None),),
    [True, False],
    True,
    (False, 0),
    [],
    range(2),
    (),
    Ellipsis,
    np.array(1),
]


def as_ours(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(as_ours, key))
    if isinstance(key, np.ndarray):
        return xp.asarray(key)
    if isinstance(key, slice):
        return slice(*(xp.asarray(v) if v is not None else None for v in (key.start, key.stop, key.step)))
    return xp.asarray(key) if type(key) is int else key


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_getitem_is_numpys(key: Any) -> None:
    x = xp.asarray(A)
    np.testing.assert_array_equal(np.asarray(x[key]), A[key])
    np.testing.assert_array_equal(np.asarray(x[as_ours(key)]), A[key])
    assert x[key].shape == A[key].shape


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_setitem_is_numpys(key: Any) -> None:
    for value in (7, 2.5):
        x, a = xp.asarray(A), A.copy()
        x[key] = value
        a[key] = value
        np.testing.assert_array_equal(np.asarray(x), a)
    x, a = xp.asarray(A), A.copy()
    x[as_ours(key)] += xp.asarray(1.0)
    a[key] += 1
    np.testing.assert_array_equal(np.asarray(x), a)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_random_indices(data: st.DataObject) -> None:
    key = data.draw(hnp.basic_indices(A.shape) | hnp.integer_array_indices(A.shape))
    x = xp.asarray(A)
    np.testing.assert_array_equal(np.asarray(x[key]), A[key])
    a = A.copy()
    a[key] = -1
    x[key] = -1
    np.testing.assert_array_equal(np.asarray(x), a)


def test_setitem_casts_as_numpy() -> None:
    x = xp.asarray([1, 2, 3])
    x[0] = 1.9
    x[1:] = xp.asarray([7.5, 8.5])
    assert x.tolist() == [1, 7, 8]
    x[:] = [4, 5, 6]
    assert x.tolist() == [4, 5, 6]
    with pytest.raises(OverflowError):
        xp.asarray([1], dtype=xp.int8)[0] = 300
    with pytest.raises(DTypeError, match="complex values cannot be stored"):
        x[0] = 1j
    with pytest.raises(ValueError, match="cannot convert float NaN to integer"):
        x[0] = float("nan")


def test_values_are_their_own_and_aliases_see_changes() -> None:
    x = xp.asarray([1.0, 2.0, 3.0])
    same, part = x, x[0:2]
    x[0] = 9.0
    assert same.tolist() == [9, 2, 3]
    assert part.tolist() == [1, 2]
    part[1] = -1.0
    assert x.tolist() == [9, 2, 3]
    row = xp.zeros((2, 2))
    for r in row:
        r += 1
    assert row.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        (5, IndexError, "out of bounds|out of range"),
        ((0, 0, 0, 0), IndexRangeError, "too many indices"),
        (1.5, IndexError, "only integers, slices"),
        ("a", IndexError, "only integers, slices"),
        (np.array([0.5]), (IndexError, DTypeError), "integer"),
        (np.ones((2, 2), bool), IndexError, "mask|boolean"),
        ((..., ...), IndexError, "single ellipsis"),
        (slice(1.5, None), TypeError, "integer"),
    ],
)
def test_index_errors(key: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        xp.asarray(A)[key]


def test_setitem_shape_error() -> None:
    with pytest.raises(ShapeError, match="does not broadcast"):
        xp.ones(3)[:] = xp.ones(2)


def test_assign() -> None:
    x = xp.zeros(3, dtype=xp.float32)
    alias = x
    assert x.assign(np.arange(3)) is x
    assert alias.tolist() == [0, 1, 2]
    assert x.dtype == xp.float32
    x.assign(5)
    assert alias.tolist() == [5, 5, 5]
    with pytest.raises(ShapeError):
        x.assign(xp.ones(4))
    y = xp.ones(3, dtype=xp.float32)
    x.assign(y)
    x[0] = 7
    assert y.tolist() == [1, 1, 1]


def test_take_and_friends() -> None:
    x = xp.asarray(A)
    np.testing.assert_array_equal(np.asarray(xp.take(x, [2, 0], axis=1)), A.take([2, 0], 1))
    np.testing.assert_array_equal(np.asarray(x.take(xp.asarray([5, 6]))), A.take([5, 6]))
    order = np.argsort(-A, axis=-1)
    np.testing.assert_array_equal(np.asarray(xp.take_along_axis(x, order)), np.take_along_axis(A, order, -1))
    assert [i.tolist() for i in xp.nonzero(xp.asarray([0, 3, 0, 4]))] == [[1, 3]]
    np.testing.assert_array_equal(np.asarray(xp.argwhere(x > 20)), np.argwhere(A > 20))
    assert xp.index_add(xp.zeros(3), [0, 0, 2], 1.0).tolist() == [2, 0, 1]
    with pytest.raises(IndexError):
        xp.take(x, [7], axis=0)
