"""Floats to try functions on: all binades, the usual sizes, and the ends."""

from typing import Any

import numpy as np

Array = Any
SIZES = (1e-4, 0.5, 1, 2, 10, 50, 100, 720, 1e5)


def special(dtype: Any) -> Array:
    """Zeros, infinities, NaN, ends of the range, and small numbers that functions treat apart."""
    info = np.finfo(dtype)
    sizes = [0, 0.5, 1, 2, 3, 2.5, np.inf, info.max, info.tiny, info.smallest_subnormal, info.eps, 2.0**24 + 1, 2.0**53]
    sizes += [float(np.nextafter(dtype(1), dtype(to))) for to in (0, 2)]
    return np.array([*sizes, *(-x for x in sizes), np.nan], dtype)


def samples(dtype: Any, seed: int, count: int = 2000) -> Array:
    """`count` of all bit patterns, as many in each of `SIZES` and twice around one; and the special ones."""
    random = np.random.default_rng(seed)
    bits = np.uint32 if dtype == np.float32 else np.uint64
    parts = [random.integers(0, np.iinfo(bits).max, count, dtype=bits, endpoint=True).view(dtype)]
    parts += [random.uniform(-size, size, count) for size in SIZES]
    parts += [1 + random.normal(0, size, count) for size in (1e-7, 1e-2)]
    return np.concatenate([part.astype(dtype) for part in parts] + [special(dtype)])


def pairs(dtype: Any, seed: int, count: int = 2000) -> tuple[Array, Array]:
    """Independent ones, close ones, and all pairs of special ones."""
    x, y = samples(dtype, seed, count), samples(dtype, seed + 1, count)
    random = np.random.default_rng(seed)
    y = random.permutation(y)
    every = np.meshgrid(special(dtype), special(dtype))
    x, y = (np.concatenate([a, b.ravel()]) for a, b in zip((x, y), every, strict=True))
    with np.errstate(all="ignore"):
        close = x * (1 + random.normal(0, 0.5, x.size)).astype(dtype)
    return np.concatenate([x, x]), np.concatenate([y, close])
