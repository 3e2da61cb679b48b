"""Datasets, samplers, collation and loaders."""

import numpy as np
import pytest

import eager as xp
from eager import data
from graph.errors import ShapeError

X = xp.asarray(np.arange(20.0).reshape(10, 2))
Y = xp.arange(10)


def numbers(loader):
    return [batch[1].tolist() for batch in loader]


def test_batches_in_order():
    loader = data.DataLoader(data.TensorDataset(X, Y), batch_size=4)
    assert numbers(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(loader) == 3
    x, _ = next(iter(loader))
    np.testing.assert_array_equal(x, np.asarray(X)[:4])


def test_drop_last():
    loader = data.DataLoader(data.TensorDataset(X, Y), batch_size=4, drop_last=True)
    assert numbers(loader) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(loader) == 2


def test_shuffling_is_decided_by_the_generator():
    def epochs(seed):
        loader = data.DataLoader(data.TensorDataset(X, Y), 3, shuffle=True, generator=xp.Generator(seed))
        return [numbers(loader), numbers(loader)]

    first, second = epochs(0)
    assert first != second
    assert sorted(n for epoch in (first, second) for batch in epoch for n in batch) == sorted([*range(10)] * 2)
    assert epochs(0) == [first, second]
    assert epochs(1) != [first, second]


def test_samplers():
    class Odd:
        def __iter__(self):
            return iter([1, 3, 5])

        def __len__(self):
            return 3

    assert numbers(data.DataLoader(data.TensorDataset(X, Y), 2, sampler=Odd())) == [[1, 3], [5]]
    with pytest.raises(ValueError, match="leave `shuffle` out"):
        data.DataLoader([1], shuffle=True, sampler=Odd())
    with pytest.raises(ValueError, match="at least one sample, not 0"):
        data.DataLoader([1], batch_size=0)


def test_datasets():
    dataset = data.TensorDataset(X, Y)
    assert len(dataset) == 10
    assert int(dataset[3][1]) == 3
    with pytest.raises(ShapeError, match=r"must have the same length, these are f64\[10,2\], i64\[3\]"):
        data.TensorDataset(X, Y[:3])
    train, test = data.random_split(dataset, [7, 3], xp.Generator(0))
    assert sorted(int(s[1]) for part in (train, test) for s in part) == list(range(10))
    assert len(train) == 7
    with pytest.raises(ValueError, match="add up to 9, the dataset has 10"):
        data.random_split(dataset, [7, 2])
    assert numbers(data.DataLoader(data.Subset(dataset, [4, 2]), 2)) == [[4, 2]]


def test_collation():
    samples = [{"x": np.ones(2), "n": i, "text": str(i), "pair": (xp.ones(1), 0.5)} for i in range(3)]
    batch = next(iter(data.DataLoader(samples, 3)))
    assert batch["x"].shape == (3, 2)
    assert batch["n"].tolist() == [0, 1, 2]
    assert batch["text"] == ["0", "1", "2"]
    assert batch["pair"][0].shape == (3, 1)
    assert batch["pair"][1].dtype == xp.float64
    with pytest.raises(ShapeError, match=r"different shapes: \(2,\), \(3,\)"):
        data.collate([np.ones(2), np.ones(3)])
    with pytest.raises(ValueError, match="differ in structure"):
        data.collate([{"x": 1}, {"y": 1}])
    assert list(data.DataLoader([1, 2, 3], 2, collate_fn=sum)) == [3, 3]
