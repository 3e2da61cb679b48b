import numpy as np
import pytest

import eager as xp
from graph.errors import DTypeError, ShapeError


def test_one_seed_one_stream() -> None:
    a, b = xp.Generator(7), xp.Generator(7)
    for _ in range(3):
        assert a.uniform((4,)).tolist() == b.uniform((4,)).tolist()
    assert a.normal().item() != a.normal().item()
    a.seed(7)
    assert a.uniform((4,)).tolist() == xp.Generator(7).uniform((4,)).tolist()
    assert xp.Generator(-1).state.shape == xp.Generator(2**64 - 1).state.shape == (2,)


def test_state_can_be_saved() -> None:
    g = xp.Generator(1)
    saved = g.state.copy()
    first = g.uniform((3,)).tolist()
    g.state.assign(saved)
    assert g.uniform((3,)).tolist() == first


def test_distributions() -> None:
    g = xp.Generator(0)
    u = np.asarray(g.uniform((20000,), 2.0, 4.0))
    assert 2 <= u.min() < u.max() < 4
    assert u.mean() == pytest.approx(3, abs=0.02)
    n = np.asarray(g.normal((20000,), mean=1.0, std=2.0, dtype=xp.float32))
    assert n.dtype == np.float32
    assert (n.mean(), n.std()) == (pytest.approx(1, abs=0.05), pytest.approx(2, abs=0.05))
    i = np.asarray(g.integers(3, 6, (1000,)))
    assert set(i) == {3, 4, 5}
    assert np.asarray(g.integers(2, shape=(100,), dtype=xp.int8)).dtype == np.int8
    b = g.bernoulli(0.3, (20000,))
    assert b.dtype == xp.bool
    assert float(b.mean()) == pytest.approx(0.3, abs=0.02)
    assert g.bernoulli(xp.asarray([0.0, 1.0])).tolist() == [False, True]


def test_permutation_and_choice() -> None:
    g = xp.Generator(0)
    assert sorted(g.permutation(10).tolist()) == list(range(10))
    rows = xp.asarray([[1, 2], [3, 4], [5, 6]])
    assert sorted(g.permutation(rows).tolist()) == rows.tolist()
    assert len(set(g.choice(5, 5, replace=False).tolist())) == 5
    assert g.choice(rows, (4,)).shape == (4, 2)
    with pytest.raises(ShapeError, match="without repetition"):
        g.choice(3, 4, replace=False)


def test_split_and_fold_in() -> None:
    g = xp.Generator(0)
    a, b = g.split()
    streams = [x.uniform((4,)).tolist() for x in (a, b, g, xp.Generator(0), g.fold_in(1), g.fold_in(2))]
    assert len({tuple(s) for s in streams}) == 6
    assert g.fold_in(1).uniform().item() == g.fold_in(1).uniform().item()


def test_default_generator() -> None:
    xp.seed(3)
    first = xp.random.normal((2,)).tolist()
    xp.seed(3)
    assert xp.random.normal((2,)).tolist() == first == xp.Generator(3).normal((2,)).tolist()
    assert xp.random.integers(5).shape == ()
    assert xp.random.uniform((2, 3)).shape == (2, 3)
    assert sorted(xp.random.permutation(4).tolist()) == [0, 1, 2, 3]


def test_errors() -> None:
    g = xp.Generator(0)
    with pytest.raises(DTypeError, match="float32 or float64"):
        g.normal((2,), dtype=xp.float16)
    with pytest.raises(ValueError, match="low >= high"):
        g.integers(5, 5)
