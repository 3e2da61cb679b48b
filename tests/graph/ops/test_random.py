"""The stream of random numbers: that of Philox4x64-10, and what each op makes of it, as documented."""

import math
from typing import Any

import numpy as np
import pytest

from graph.dtypes import float32, float64, int64
from graph.ir.opdef import lookup

MASK = 2**64 - 1
STATE = np.array([2**63 + 5, 17], np.uint64)


def philox_block(counter: tuple[int, ...], key: tuple[int, ...]) -> list[int]:
    """Philox4x64-10 after the paper (Salmon et al. 2011): ten rounds of two multiplications."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(q >> 64) ^ c[1] ^ k[0], q & MASK, (p >> 64) ^ c[3] ^ k[1], p & MASK]
        k = [(k[0] + 0x9E3779B97F4A7C15) & MASK, (k[1] + 0xBB67AE8584CAA73B) & MASK]
    return c


def words(state: np.ndarray, count: int) -> list[int]:
    key, counter = map(int, state)
    blocks = range(-(-count // 4))
    return [word for j in blocks for word in philox_block((counter + j, 0, 0, 0), (key, 0))][:count]


def call(op: str, *operands: Any, **attrs: Any) -> Any:
    return lookup(op).kernel(*operands, **attrs)


@pytest.mark.parametrize("state", [STATE, np.array([0, 0], np.uint64), np.array([MASK, 2**63], np.uint64)])
def test_bits_are_philox(state: np.ndarray) -> None:
    values, after = call("random_bits", state, shape=(3, 2))
    assert values.tolist() == np.array(words(state, 6), np.uint64).reshape(3, 2).tolist()
    assert after.tolist() == [int(state[0]), int(state[1]) + 2]


def test_streams_of_successive_ops_do_not_overlap() -> None:
    first, after = call("random_bits", STATE, shape=(4,))
    second, _ = call("random_bits", after, shape=(4,))
    assert [*first, *second] == words(STATE, 8)


def test_uniform_is_made_as_documented() -> None:
    found, after = call("random_uniform", STATE, shape=(5,), dtype=float64)
    assert found.tolist() == [(w >> 11) * 2.0**-53 for w in words(STATE, 5)]
    assert int(after[1]) == 19
    found, after = call("random_uniform", STATE, shape=(5,), dtype=float32)
    halves = [half for w in words(STATE, 3) for half in (w & 0xFFFFFFFF, w >> 32)]
    assert found.tolist() == [(half >> 8) * 2.0**-24 for half in halves[:5]]
    assert int(after[1]) == 18


def test_normal_is_made_as_documented() -> None:
    found, after = call("random_normal", STATE, shape=(5,), dtype=float64)
    unit = [(w >> 11) * 2.0**-53 for w in words(STATE, 6)]
    pairs = [(math.sqrt(-2 * math.log1p(-u)), 2 * math.pi * v) for u, v in zip(unit[:3], unit[3:], strict=True)]
    expected = [*(r * math.cos(a) for r, a in pairs), *(r * math.sin(a) for r, a in pairs)][:5]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert int(after[1]) == 19


def test_integers_and_permutations_are_made_as_documented() -> None:
    found, _ = call("random_integers", STATE, np.int64(-3), np.int64(9), shape=(6,), dtype=int64)
    assert found.tolist() == [-3 + (w * 12 >> 64) for w in words(STATE, 6)]
    wide, _ = call("random_integers", STATE, np.int64(-(2**63)), np.int64(2**63 - 1), shape=(6,), dtype=int64)
    assert wide.tolist() == [-(2**63) + (w * (2**64 - 1) >> 64) for w in words(STATE, 6)]
    order, _ = call("random_permutation", STATE, shape=(7,))
    assert order.tolist() == sorted(range(7), key=words(STATE, 7).__getitem__)


def test_states_are_made_as_documented() -> None:
    assert call("random_state", np.int64(-1)).tolist() == [MASK, 0]
    key, counter = map(int, STATE)
    split = call("random_split", STATE, count=2)
    assert split.tolist() == [[w, 0] for w in philox_block((0, 0, 0, 1), (key, counter))[:2]]
    folded = call("random_fold_in", STATE, np.int64(-2))
    assert folded.tolist() == [philox_block((MASK - 1, 0, 0, 2), (key, counter))[0], 0]


def test_moments() -> None:
    u, _ = call("random_uniform", STATE, shape=(100_000,), dtype=float32)
    z, _ = call("random_normal", STATE, shape=(100_000,), dtype=float32)
    k, _ = call("random_integers", STATE, np.int64(0), np.int64(7), shape=(70_000,), dtype=int64)
    assert 0 <= u.min() <= u.max() < 1
    np.testing.assert_allclose([u.mean(), u.var(), z.mean(), z.var()], [0.5, 1 / 12, 0, 1], atol=0.02)
    np.testing.assert_allclose(np.bincount(k), 10_000, rtol=0.05)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no integer in \[4, 4\)"):
        call("random_integers", STATE, np.int64(4), np.int64(4), shape=(), dtype=int64)
