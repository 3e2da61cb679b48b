"""State dicts: the tensors of a model by name, and whether they fit another."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from eager.creation import asarray
from eager.data_types import can_cast
from eager.tensor import Tensor
from graph.errors import GraphError

if TYPE_CHECKING:
    from eager.nn.module import Mismatch

StateDict = dict[str, Tensor]


class StateDictError(GraphError, ValueError):
    """A state dict is of another model."""


def fit(
    model: str, own: Mapping[str, Tensor], state: Mapping[str, Tensor | np.ndarray], mismatch: "Mismatch"
) -> StateDict:
    """The values of `state` for what is in `own` too.

    Raises: StateDictError that lists all of the `mismatch`, and all entries whose shape differs or whose dtype cannot
    be cast (a float to an int).
    """
    found = [f"`{name}` is missing" for name in mismatch.missing]
    found += [f"`{name}` is not part of the model" for name in mismatch.unexpected]
    values: StateDict = {}
    for name, current in own.items():
        if name not in state:
            continue
        value = values[name] = asarray(state[name])
        if value.shape != current.shape or not _can_become(value, current):
            found.append(f"`{name}` is {current.aval} in the model, {value.aval} in the state dict")
    if found:
        lines = "".join(f"\n    {line}" for line in found)
        raise StateDictError(
            f"the state dict does not fit this {model}:{lines}",
            next_step="build the model as the saved one was built, or rename the entries; `strict=False` loads the "
            "names that both have.",
        )
    return values


def _can_become(value: Any, current: Tensor) -> bool:
    return can_cast(value.dtype, current.dtype) or value.dtype.kind == current.dtype.kind
