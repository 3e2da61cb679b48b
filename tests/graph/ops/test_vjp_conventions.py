"""What differences cannot show: cotangents at ties and at points where a function is not smooth."""

from typing import Any

import numpy as np
import pytest

from graph.ir.opdef import lookup
from support.numpy_emitter import NumpyEmitter, vjp_of


def cotangents(op: str, *operands: Any, ct: Any = 1.0, **attrs: Any) -> list[Any]:
    b = NumpyEmitter()
    (y,) = b.apply(op, operands, attrs)
    seed = np.broadcast_to(np.asarray(ct, y.dtype), y.shape)[()]
    return vjp_of(b, lookup(op), seed, y, operands, attrs)


@pytest.mark.parametrize("op", ["maximum", "minimum"])
def test_ties_of_two_are_halved(op: str) -> None:
    by_x, by_y = cotangents(op, np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    np.testing.assert_array_equal([by_x, by_y], [[0.5, 0.5], [0.5, 0.5]])


@pytest.mark.parametrize("op", ["max", "min"])
def test_ties_along_an_axis_are_shared(op: str) -> None:
    x = np.array([[3.0, 3.0, 3.0, 3.0], [1.0, 1.0, 1.0, 1.0]])
    (by_x,) = cotangents(op, x, axis=1)
    np.testing.assert_array_equal(by_x, np.full((2, 4), 0.25))
    (by_x,) = cotangents(op, np.array([2.0, 2.0, 2.0]) + 0 * x[:1, :3], axis=None)
    np.testing.assert_allclose(by_x, np.full((1, 3), 1 / 3))


def test_clip_sends_all_to_the_operand_at_a_bound() -> None:
    found = cotangents("clip", np.array([0.0, 1.0, 2.0, -1.0]), np.float64(0), np.float64(1))
    np.testing.assert_array_equal(found[0], [1, 1, 0, 0])
    assert (found[1], found[2]) == (1, 1)


def test_pow_at_zero_and_below() -> None:
    base, exponent = np.array([0.0, 0.0, -2.0, -2.0]), np.array([0.0, 2.0, 0.0, 3.0])
    by_base, by_exponent = cotangents("pow", base, exponent)
    np.testing.assert_array_equal(by_base, [0, 0, 0, 12])
    np.testing.assert_array_equal(by_exponent, [0, 0, 0, 0])


def test_spread_of_equal_elements_has_no_slope() -> None:
    (by_x,) = cotangents("std", np.full(3, 2.0), axis=None)
    np.testing.assert_array_equal(by_x, np.zeros(3))


def test_logsumexp_of_nothing_but_minus_infinity() -> None:
    with np.errstate(divide="ignore"):
        (by_x,) = cotangents("logsumexp", np.full(3, -np.inf), axis=None)
    np.testing.assert_array_equal(by_x, np.zeros(3))


def test_only_the_last_write_to_an_element_has_a_slope() -> None:
    by_x, by_v, _ = cotangents("index_set", np.zeros(3), np.array([1.0, 2.0]), np.array([1, 1]), index=("$",))
    np.testing.assert_array_equal(by_x, [1, 0, 1])
    np.testing.assert_array_equal(by_v, [0, 1])


def test_abs_and_hypot_at_the_origin() -> None:
    assert cotangents("abs", np.float64(0)) == [0]
    assert cotangents("hypot", np.float64(0), np.float64(0)) == [0, 0]
