"""Conversion of float16: every float16, and what lies around and between them."""

import numpy as np
import pytest

from graph.llvm.runtime import half

ALL = np.arange(1 << 16, dtype=np.uint16).view(np.float16)


def bits(x: np.ndarray) -> list[int]:
    return x.astype(np.float64).view(np.uint64).tolist()


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run functions of the word language as Python."""
    monkeypatch.setattr(half, "leading_zeros", lambda x: 64 - int(x).bit_length())


def test_every_float16_becomes_a_float64() -> None:
    found = np.array([half.dy_double_of_half(x) for x in range(1 << 16)], np.uint64).view(np.float64)
    np.testing.assert_array_equal(found, ALL.astype(np.float64))
    np.testing.assert_array_equal(np.signbit(found), np.signbit(ALL))


def test_every_float16_comes_back() -> None:
    numbers = ALL[~np.isnan(ALL)]
    found = np.array([half.dy_half_of_double(x) for x in bits(numbers)], np.uint16)
    np.testing.assert_array_equal(found, numbers.view(np.uint16))


def test_rounding_between_neighbours() -> None:
    with np.errstate(over="ignore"):
        low = np.sort(ALL[np.isfinite(ALL)]).astype(np.float64)
        high = np.append(low[1:], 65536.0)
        middle = (low + high) / 2
        wide = np.concatenate([middle, np.nextafter(middle, low), np.nextafter(middle, high), low / 3, low * 7])
        found = np.array([half.dy_half_of_double(x) for x in bits(wide)], np.uint16)
        np.testing.assert_array_equal(found, wide.astype(np.float16).view(np.uint16))


def test_nan_stays_nan() -> None:
    for x in (0x7FF8000000000000, 0x7FF0000000000001, 0xFFF0000000000001):
        assert np.isnan(np.uint16(half.dy_half_of_double(x)).view(np.float16))
