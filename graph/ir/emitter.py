"""What VJP rules speak to: the same calls compute at once on eager's tape and append ops to a graph.

A rule writes `b.mul(ct, y)`; any op of the registry is a method. Shapes that depend on run-time sizes pass through
`shape_of`, so that one rule serves static and symbolic dims.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from graph.aval import Dim, Shape, Type
from graph.dtypes import DType


class HasAval(Protocol):
    """What rules may ask of an operand: a `Value` of a graph or an eager tensor."""

    @property
    def shape(self) -> Shape: ...
    @property
    def dtype(self) -> DType: ...
    @property
    def ndim(self) -> int: ...


T = TypeVar("T", bound=HasAval)
Scalar = bool | int | float | complex
Size = int | Any
"""A size: an int, or a 0-d int64 operand."""


@dataclass(frozen=True, slots=True)
class Accumulate(Generic[T]):
    """A cotangent that is added by a rule of its own, such as a scatter into the sum so far.

    `into(acc)` returns the new sum; `acc` starts as zeros of the operand. Keeps a gradient of indexing in a loop
    proportional to what was indexed.
    """

    into: Callable[[T], T]


class Emitter(ABC, Generic[T]):
    """Applies ops by name. `b.sin(x)` is `b.apply("sin", (x,), {})` and returns the result, or a tuple of several."""

    @abstractmethod
    def apply(self, name: str, operands: Sequence[T | Scalar], attrs: dict[str, Any]) -> tuple[T, ...]:
        """Apply one op of the registry; Python scalars among the operands are weak."""

    @abstractmethod
    def type_of(self, x: T) -> Type:
        """The type of an operand."""

    @abstractmethod
    def shape_of(self, x: T) -> tuple[Size, ...]:
        """The sizes of `x`: ints where they are known, else 0-d int64 operands."""

    @abstractmethod
    def wants(self, x: T) -> bool:
        """Whether a cotangent of `x` is needed: rules of costly ops ask before they compute it."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*operands: Any, **attrs: Any) -> Any:
            results = self.apply(name, operands, attrs)
            return results[0] if len(results) == 1 else results

        return call

    def _shaped(self, name: str, operands: tuple[T | Scalar, ...], shape: Sequence[Size], **attrs: Any) -> T:
        pattern, sizes = self.split_shape(shape)
        (result,) = self.apply(name, (*operands, *sizes), {"shape": pattern, **attrs})
        return result

    def split_shape(self, shape: Sequence[Size]) -> tuple[tuple[Dim, ...], tuple[T, ...]]:
        """The `shape` attribute and the size operands of an op that takes a shape (one per symbolic dim, in order)."""
        pattern: list[Dim] = []
        sizes: list[T] = []
        for size in shape:
            if isinstance(size, int):
                pattern.append(size)
            else:
                dim = self.dim_of(size)
                pattern.append(dim)
                if not isinstance(dim, int):
                    sizes.append(size)
        return tuple(pattern), tuple(sizes)

    @abstractmethod
    def dim_of(self, size: T) -> Dim:
        """The dim that a 0-d int64 operand stands for: `n` for `dim(x)`, forms for sums; else a fresh name."""

    def reshape(self, x: T, shape: Sequence[Size]) -> T:
        """`x` with another shape of the same size."""
        return self._shaped("reshape", (x,), shape)

    def broadcast_to(self, x: T | Scalar, shape: Sequence[Size]) -> T:
        """`x` repeated along new leading and size-1 axes."""
        return self._shaped("broadcast_to", (x,), shape)

    def full(self, shape: Sequence[Size], value: Scalar, dtype: DType) -> T:
        """A tensor of one value."""
        return self._shaped("full", (), shape, value=value, dtype=dtype)

    @abstractmethod
    def zeros_like(self, x: T) -> T:
        """The zero cotangent of `x`: zeros, or for a list a list of zeros."""

    def unbroadcast(self, ct: T, x: T) -> T:
        """Sum `ct` over the axes along which `x` was broadcast, so that it has the shape of `x`."""
        if ct.shape == x.shape:
            return ct
        lead = ct.ndim - x.ndim
        axes = tuple(range(lead)) + tuple(
            lead + i for i, dim in enumerate(x.shape) if dim == 1 and ct.shape[lead + i] != 1
        )
        kept = tuple(dim for i, dim in enumerate(ct.shape) if i >= lead)
        if all(k == d or d == 1 for k, d in zip(kept, x.shape, strict=True)):
            summed = self.sum(ct, axis=axes, keepdims=True) if axes else ct
            return self.reshape(summed, self.shape_of(x)) if lead else summed
        return self.sum_to(ct, x)  # a symbolic dim that may or may not be 1
