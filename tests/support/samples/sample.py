"""What a sample of an op is: operands to try it on, and operands that it must refuse."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, SymDim
from graph.dtypes import FROM_SHORT


@dataclass(frozen=True, slots=True)
class Sample:
    """Operands (arrays, NumPy scalars) of the dtypes that the op takes in a graph.

    `grad` are the operands whose cotangents are compared with differences: f64 or c128, at a point where the op is
    smooth. `second` says whether its VJP is smooth there too. `tol` bounds the relative error of first order.
    """

    op: str
    operands: tuple[Any, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    grad: tuple[int, ...] = ()
    second: bool = True
    tol: float = 1e-6

    def __str__(self) -> str:
        types = ",".join(f"{np.asarray(x).dtype}{list(np.shape(x))}" for x in self.operands)
        return f"{self.op}({types})" + "".join(f" {k}={v}" for k, v in self.attrs.items() if np.ndim(v) < 2)


@dataclass(frozen=True, slots=True)
class Bad:
    """Operands that the op refuses with this text: types such as "f32[2,n]", or Python scalars."""

    op: str
    operands: tuple[Any, ...]
    attrs: Mapping[str, Any]
    error: type[Exception]
    message: str

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.operands))})"


def aval(text: str) -> Aval:
    """The tensor type that "f32[2,n]" writes; dims are ints or names."""
    dtype, _, dims = text.removesuffix("]").partition("[")
    shape: list[Dim] = [int(d) if d.isdigit() else SymDim.named(d) for d in dims.split(",") if d]
    return Aval(FROM_SHORT[dtype], tuple(shape))


def normal(*shape: int, seed: int = 0) -> Any:
    """Normal f64 numbers, the same in each run; a NumPy scalar for no shape."""
    return np.random.default_rng((seed, *shape)).standard_normal(shape)[()]


def between(low: float, high: float, *shape: int, seed: int = 0) -> Any:
    """Uniform f64 numbers."""
    return np.random.default_rng((seed, *shape)).uniform(low, high, shape)[()]


def complex_normal(*shape: int, seed: int = 0) -> Any:
    """Normal c128 numbers."""
    return normal(*shape, seed=seed) + 1j * normal(*shape, seed=seed + 1000)
