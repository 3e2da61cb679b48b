"""Types of graph values: tensors with symbolic dims, lists, optionals.

A `Dim` is an int or a `SymDim`, a linear form over named sizes such as `n`, `n + 1` or `2*n + m`. Two dims are
the same size exactly when they compare equal; a size that no form describes takes a fresh name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from graph.dtypes import SHORT_NAMES, DType


@dataclass(frozen=True, slots=True)
class SymDim:
    """`constant + sum(coefficient * name)`; terms sorted by name, no zero coefficients."""

    terms: tuple[tuple[str, int], ...]
    constant: int = 0

    @staticmethod
    def named(name: str) -> "SymDim":
        return SymDim(((name, 1),))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.terms)

    def __str__(self) -> str:
        text = ""
        for name, k in self.terms:
            sign = "-" if k < 0 else "+" if text else ""
            text += f"{sign}{name}" if abs(k) == 1 else f"{sign}{abs(k)}*{name}"
        return text + (f"{self.constant:+d}" if self.constant else "")


Dim = int | SymDim
Shape = tuple[Dim, ...]


def _linear(terms: dict[str, int], constant: int) -> Dim:
    kept = tuple(sorted((name, k) for name, k in terms.items() if k))
    return SymDim(kept, constant) if kept else constant


def dim_add(a: Dim, b: Dim) -> Dim:
    """`a + b`; an int when the names cancel."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    terms: dict[str, int] = {}
    constant = 0
    for dim in (a, b):
        if isinstance(dim, int):
            constant += dim
        else:
            constant += dim.constant
            for name, k in dim.terms:
                terms[name] = terms.get(name, 0) + k
    return _linear(terms, constant)


def dim_scale(a: Dim, k: int) -> Dim:
    """`k * a`."""
    if isinstance(a, int):
        return a * k
    return _linear({name: c * k for name, c in a.terms}, a.constant * k)


def dim_sub(a: Dim, b: Dim) -> Dim:
    return dim_add(a, dim_scale(b, -1))


def is_static(shape: Iterable[Dim]) -> bool:
    return all(isinstance(dim, int) for dim in shape)


def format_shape(shape: Shape) -> str:
    """`(2, n)`, as NumPy writes shapes."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


@dataclass(frozen=True, slots=True)
class Aval:
    """A tensor's type: element type and shape, no data."""

    dtype: DType
    shape: Shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return f"{SHORT_NAMES[self.dtype]}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class ListType:
    """A list, of any length, of elements of one type."""

    element: "Type"

    def __str__(self) -> str:
        return f"list<{self.element}>"


@dataclass(frozen=True, slots=True)
class OptionalType:
    """A value of type `element`, or none: undefined names, `None` on one path, residuals of a branch not taken."""

    element: "Type"

    def __str__(self) -> str:
        return f"optional<{self.element}>"


Type = Aval | ListType | OptionalType


def scalar(dtype: DType) -> Aval:
    """A 0-d tensor type."""
    return Aval(dtype, ())
