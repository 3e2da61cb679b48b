"""Batches of a dataset."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from eager.data.collate import collate
from eager.data.dataset import BatchDataset, Dataset
from eager.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from eager.random import Generator


class DataLoader:
    """Iterating gives the batches of one epoch, made when they are asked for.

    `shuffle` draws an order from `generator` for each epoch; `sampler` gives one of its own. `collate_fn` makes a batch
    of a list of samples, by default `collate`.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        sampler: Sampler | None = None,
        drop_last: bool = False,
        collate_fn: Callable[[Sequence[Any]], Any] | None = None,
        generator: Generator | None = None,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("a `sampler` has its own order; leave `shuffle` out")
        self.dataset = dataset
        self.collate_fn = collate_fn
        order = sampler or (RandomSampler(dataset, generator) if shuffle else SequentialSampler(dataset))
        self.batch_sampler = BatchSampler(order, batch_size, drop_last)

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return len(self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        dataset = self.dataset
        for indices in self.batch_sampler:
            if self.collate_fn is None and isinstance(dataset, BatchDataset):
                yield dataset.batch(indices)
            else:
                yield (self.collate_fn or collate)([dataset[i] for i in indices])
