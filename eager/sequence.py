"""Sequences of tensors that are no Python lists: `stack`, `concat` and `asarray` ask them to join themselves."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from eager.tensor import Tensor
    from graph.dtypes import DType


@runtime_checkable
class TensorSequence(Protocol):
    """A list of a graph under construction, whose length is not known."""

    def __stack__(self, axis: int) -> "Tensor":
        """The elements along a new axis."""
        ...

    def __concat__(self, axis: int) -> "Tensor":
        """The elements joined along an axis."""
        ...


@runtime_checkable
class GatheredSequence(TensorSequence, Protocol):
    """One that also makes a tensor where it has no elements."""

    def __gather__(self, dtype: "DType | None") -> "Tensor":
        """What `asarray` gives: the elements along a new first axis, of that dtype."""
        ...
