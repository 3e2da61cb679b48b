"""First values of parameters, as tensors of a shape: for `Parameter(...)`, or for `assign` under `no_grad()`.

The fans of a shape (out, in, *window) are in * window and out * window elements. Numbers come from `generator`, the
default one unless given.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

from eager.creation import DTypeLike
from eager.random import Generator, default_generator
from eager.tensor import Tensor
from graph.dtypes import float64
from graph.errors import ShapeError

Shape = Sequence[int]
Fan = Literal["fan_in", "fan_out"]

GAINS: Final = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def gain_of(nonlinearity: str, negative_slope: float = 0.01) -> float:
    """How much weights must be scaled up so that values keep their variance through a nonlinearity.

    Source: He et al. 2015; the numbers are PyTorch's. Raises: ValueError for names it does not know.
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1.0 + negative_slope**2))
    if nonlinearity not in GAINS:
        known = ", ".join([*GAINS, "leaky_relu"])
        raise ValueError(f"no gain is known for {nonlinearity!r}; there are {known}")
    return GAINS[nonlinearity]


def fans(shape: Shape) -> tuple[int, int]:
    """How many elements an output is computed from, and how many an input goes to. ShapeError below two axes."""
    if len(shape) < 2:
        raise ShapeError(f"fans need a shape (out, in, ...), {tuple(shape)} has fewer axes")
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def uniform(
    shape: Shape, low: float = 0.0, high: float = 1.0, generator: Generator | None = None, dtype: DTypeLike = float64
) -> Tensor:
    """Uniform on [low, high)."""
    return (generator or default_generator()).uniform(tuple(shape), low, high, dtype)


def normal(
    shape: Shape, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None, dtype: DTypeLike = float64
) -> Tensor:
    """Normally distributed."""
    return (generator or default_generator()).normal(tuple(shape), mean, std, dtype)


def xavier_uniform(
    shape: Shape, gain: float = 1.0, generator: Generator | None = None, dtype: DTypeLike = float64
) -> Tensor:
    """Uniform with variance gain^2 * 2 / (fan in + fan out). Source: Glorot and Bengio 2010."""
    bound = gain * math.sqrt(6.0 / sum(fans(shape)))
    return uniform(shape, -bound, bound, generator, dtype)


def xavier_normal(
    shape: Shape, gain: float = 1.0, generator: Generator | None = None, dtype: DTypeLike = float64
) -> Tensor:
    """Normal with variance gain^2 * 2 / (fan in + fan out). Source: Glorot and Bengio 2010."""
    return normal(shape, 0.0, gain * math.sqrt(2.0 / sum(fans(shape))), generator, dtype)


def kaiming_uniform(
    shape: Shape,
    nonlinearity: str = "relu",
    mode: Fan = "fan_in",
    generator: Generator | None = None,
    dtype: DTypeLike = float64,
) -> Tensor:
    """Uniform with variance gain^2 / fan. Source: He et al. 2015."""
    bound = math.sqrt(3.0) * _kaiming_std(shape, nonlinearity, mode)
    return uniform(shape, -bound, bound, generator, dtype)


def kaiming_normal(
    shape: Shape,
    nonlinearity: str = "relu",
    mode: Fan = "fan_in",
    generator: Generator | None = None,
    dtype: DTypeLike = float64,
) -> Tensor:
    """Normal with variance gain^2 / fan. Source: He et al. 2015."""
    return normal(shape, 0.0, _kaiming_std(shape, nonlinearity, mode), generator, dtype)


def _kaiming_std(shape: Shape, nonlinearity: str, mode: Fan) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return gain_of(nonlinearity) / math.sqrt(fans(shape)[mode == "fan_out"])


def by_fan_in(shape: Shape, fan_in: int, generator: Generator | None = None, dtype: DTypeLike = float64) -> Tensor:
    """Uniform within 1 / sqrt(fan_in): what the layers of this package and PyTorch's begin with."""
    bound = 1.0 / math.sqrt(fan_in) if fan_in else 0.0
    return uniform(shape, -bound, bound, generator, dtype)
