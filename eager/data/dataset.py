"""Collections of samples."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from eager.random import Generator, default_generator
from eager.tensor import Tensor
from graph.errors import ShapeError


class Dataset(Protocol):
    """Samples by number, from 0. Lists are datasets."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


@runtime_checkable
class BatchDataset(Protocol):
    """A dataset that makes batches faster than sample by sample."""

    def batch(self, indices: Sequence[int]) -> Any:
        """The samples with these numbers as one batch, as the default collation would make it."""
        ...


class TensorDataset:
    """Rows of tensors of equal length: sample `i` is the tuple of their rows `i`."""

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("a TensorDataset needs at least one tensor")
        if len({x.shape[:1] for x in tensors}) > 1 or not tensors[0].ndim:
            shapes = ", ".join(str(x.aval) for x in tensors)
            raise ShapeError(f"the tensors of a dataset must have the same length, these are {shapes}")
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any, /) -> tuple[Tensor, ...]:
        return tuple(x[index] for x in self.tensors)

    def batch(self, indices: Sequence[int]) -> tuple[Tensor, ...]:
        """The rows with these numbers."""
        return tuple(x.take(list(indices), axis=0) for x in self.tensors)


class Subset:
    """Some samples of another dataset, in a given order."""

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, list(indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int, /) -> Any:
        return self.dataset[self.indices[index]]


def random_split(dataset: Dataset, sizes: Sequence[int], generator: Generator | None = None) -> list[Subset]:
    """The samples dealt out to subsets of these sizes, which must add up. Numbers come from `generator`."""
    if sum(sizes) != len(dataset):
        raise ValueError(f"the sizes {list(sizes)} add up to {sum(sizes)}, the dataset has {len(dataset)} samples")
    order: list[int] = (generator or default_generator()).permutation(len(dataset)).tolist()
    subsets: list[Subset] = []
    for size in sizes:
        subsets.append(Subset(dataset, order[:size]))
        order = order[size:]
    return subsets
