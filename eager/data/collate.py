"""Samples joined to a batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from eager.creation import asarray
from eager.manipulation import stack
from eager.pytree import flatten, unflatten
from eager.tensor import Tensor
from graph.errors import ShapeError

NUMBERS = (bool, int, float, complex)


def collate(samples: Sequence[Any]) -> Any:
    """One value of the samples' common structure: tensors, arrays and numbers stacked, all else as lists.

    Raises: ShapeError for samples of different shapes, ValueError for different structures.
    """
    rows: list[list[Any]] = []
    leaves, structure = flatten(samples[0])
    for sample in samples:
        found, other = flatten(sample)
        if other != structure:
            raise ValueError(f"samples of one batch differ in structure: {structure} and {other}")
        rows.append(found)
    return unflatten(structure, [_joined([row[i] for row in rows]) for i in range(len(leaves))])


def _joined(items: list[Any]) -> Any:
    if not isinstance(items[0], (Tensor, np.ndarray, np.generic, *NUMBERS)):
        return items
    if isinstance(items[0], NUMBERS):
        return asarray(items)
    tensors = [asarray(item) for item in items]
    shapes = {x.shape for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(
            f"samples of one batch have different shapes: {', '.join(map(str, sorted(shapes)))}",
            next_step="pad them to one shape, or give the loader a `collate_fn` of your own.",
        )
    return stack(tensors)
