"""Random numbers from explicit generators, whose state is a tensor: it can be saved, and flows through graphs."""

import operator
from typing import Any, Final

import numpy as np

from eager.creation import DTypeLike, as_dtype, asarray, astype
from eager.dispatch import apply, dims_of, shaped
from eager.indexing import take
from eager.recorder import recording
from eager.tensor import Tensor
from graph.dtypes import float32, float64, int64
from graph.errors import DTypeError, ShapeError
from graph.ir.opdef import OpDef, lookup

FOLD_IN: Final = lookup("random_fold_in")
INTEGERS: Final = lookup("random_integers")
NORMAL: Final = lookup("random_normal")
PERMUTATION: Final = lookup("random_permutation")
SPLIT: Final = lookup("random_split")
STATE: Final = lookup("random_state")
UNIFORM: Final = lookup("random_uniform")


class Generator:
    """A stream of random numbers: every draw takes from `state`, u64[2], and moves it on. One seed gives one stream in
    every mode and on every machine."""

    def __init__(self, seed: int | Tensor) -> None:
        self.state: Tensor = apply(STATE, seed if isinstance(seed, Tensor) else np.int64(_wrapped(seed)))

    def _draw(self, opdef: OpDef, operands: tuple[Any, ...], shape: Any, **attrs: Any) -> Tensor:
        values, state = shaped(opdef, (self.state, *operands), shape, **attrs)
        self.state.become(state)
        return values

    def seed(self, seed: int) -> None:
        """Start again."""
        self.state.become(apply(STATE, np.int64(_wrapped(seed))))

    def split(self, count: int = 2) -> "list[Generator]":
        """Generators whose streams are independent of each other's; this one moves on to one of its own."""
        states = apply(SPLIT, self.state, count=count + 1)
        self.state.become(states[0])
        return [_of_state(states[i + 1]) for i in range(count)]

    def fold_in(self, number: int | Tensor) -> "Generator":
        """The generator of a numbered stream, such as that of a step; this one stays where it is."""
        return _of_state(apply(FOLD_IN, self.state, number if isinstance(number, Tensor) else np.int64(number)))

    def uniform(
        self, shape: Any = (), low: float | Tensor = 0.0, high: float | Tensor = 1.0, dtype: DTypeLike = float64
    ) -> Tensor:
        """Uniform on [low, high)."""
        values = self._draw(UNIFORM, (), shape, dtype=_floating(dtype))
        if isinstance(low, Tensor) or isinstance(high, Tensor) or (low, high) != (0.0, 1.0):
            values = values * (high - low) + low
        return values

    def normal(
        self, shape: Any = (), mean: float | Tensor = 0.0, std: float | Tensor = 1.0, dtype: DTypeLike = float64
    ) -> Tensor:
        """Normally distributed."""
        values = self._draw(NORMAL, (), shape, dtype=_floating(dtype))
        if isinstance(mean, Tensor) or isinstance(std, Tensor) or (mean, std) != (0.0, 1.0):
            values = values * std + mean
        return values

    def integers(
        self, low: int | Tensor, high: int | Tensor | None = None, shape: Any = (), dtype: DTypeLike = int64
    ) -> Tensor:
        """Integers in [low, high), or in [0, low) where `high` is left out."""
        if high is None:
            low, high = 0, low
        bounds = tuple(astype(x, int64) if isinstance(x, Tensor) else np.int64(operator.index(x)) for x in (low, high))
        return self._draw(INTEGERS, bounds, shape, dtype=as_dtype(dtype))

    def bernoulli(self, p: float | Tensor = 0.5, shape: Any = None) -> Tensor:
        """True with probability `p`; in the shape of `p` unless another is given."""
        return self.uniform(asarray(p).shape if shape is None else shape) < p

    def permutation(self, x: int | Tensor) -> Tensor:
        """0..n-1 in random order, or the rows of a tensor."""
        if isinstance(x, Tensor) and x.ndim:
            return take(x, self._draw(PERMUTATION, (), (x.shape[0],)), axis=0)
        return self._draw(PERMUTATION, (), (x,))

    def choice(self, x: int | Tensor, shape: Any = (), replace: bool = True) -> Tensor:
        """Elements of 0..n-1, or rows of a tensor, drawn evenly; each at most once unless `replace`."""
        count = x.shape[0] if isinstance(x, Tensor) and x.ndim else x
        if replace:
            index = self.integers(count, shape=shape)
        else:
            order = self.permutation(count)
            sizes = (shape,) if isinstance(shape, int) else tuple(shape)
            wanted = int(np.prod(sizes))
            (available,) = dims_of(order)
            if isinstance(available, int) and wanted > available:
                raise ShapeError(f"{wanted} of {available} elements cannot be drawn without repetition")
            index = order[:wanted].reshape(sizes)
        return take(x, index, axis=0) if isinstance(x, Tensor) and x.ndim else index


def _wrapped(seed: int) -> int:
    """A seed as int64; seeds are taken modulo 2**64."""
    return (operator.index(seed) + 2**63) % 2**64 - 2**63


def _floating(dtype: DTypeLike) -> Any:
    result = as_dtype(dtype)
    if result not in (float32, float64):
        raise DTypeError(f"random numbers are float32 or float64, not {result}", next_step="cast them with `astype`.")
    return result


def _of_state(state: Tensor) -> Generator:
    generator = Generator.__new__(Generator)
    generator.state = state
    return generator


_DEFAULT: Final[list[Generator]] = []


def default_generator() -> Generator:
    """The generator of functions that were given none. Seeded with 0 until `seed` says otherwise."""
    if not _DEFAULT:
        with recording(None):
            _DEFAULT.append(Generator(0))
    return _DEFAULT[0]


def seed(value: int) -> Generator:
    """Start the default generator again, and return it."""
    generator = default_generator()
    generator.seed(value)
    return generator


def uniform(shape: Any = (), low: float = 0.0, high: float = 1.0, dtype: DTypeLike = float64) -> Tensor:
    """Uniform on [low, high), from the default generator."""
    return default_generator().uniform(shape, low, high, dtype)


def normal(shape: Any = (), mean: float = 0.0, std: float = 1.0, dtype: DTypeLike = float64) -> Tensor:
    """Normally distributed, from the default generator."""
    return default_generator().normal(shape, mean, std, dtype)


def integers(low: int, high: int | None = None, shape: Any = (), dtype: DTypeLike = int64) -> Tensor:
    """Integers in [low, high), from the default generator."""
    return default_generator().integers(low, high, shape, dtype)


def permutation(x: int | Tensor) -> Tensor:
    """0..n-1 in random order, or the rows of a tensor, from the default generator."""
    return default_generator().permutation(x)
