"""In which order samples come, and which of them make a batch."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from eager.data.dataset import Dataset
from eager.random import Generator, default_generator


class Sampler(Protocol):
    """Numbers of samples, anew for each epoch."""

    def __iter__(self) -> Iterator[int]: ...
    def __len__(self) -> int: ...


class SequentialSampler:
    """In order."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.dataset)))

    def __len__(self) -> int:
        return len(self.dataset)


class RandomSampler:
    """Each sample once, in an order drawn anew for each epoch from `generator` (the default one unless given)."""

    def __init__(self, dataset: Dataset, generator: Generator | None = None) -> None:
        self.dataset, self.generator = dataset, generator or default_generator()

    def __iter__(self) -> Iterator[int]:
        return iter(self.generator.permutation(len(self.dataset)).tolist())

    def __len__(self) -> int:
        return len(self.dataset)


class BatchSampler:
    """Lists of `batch_size` numbers of a sampler; the last one may be shorter, unless `drop_last`."""

    def __init__(self, sampler: Sampler, batch_size: int, drop_last: bool = False) -> None:
        if batch_size < 1:
            raise ValueError(f"a batch has at least one sample, not {batch_size}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return batches(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)


def batches(numbers: Iterable[int], size: int, drop_last: bool) -> Iterator[list[int]]:
    """Consecutive numbers in lists of `size`."""
    batch: list[int] = []
    for number in numbers:
        batch.append(number)
        if len(batch) == size:
            yield batch
            batch = []
    if batch and not drop_last:
        yield batch
