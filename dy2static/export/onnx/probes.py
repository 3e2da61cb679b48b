"""Inputs made up from the examples, so that branches and trips differ: other signs, sizes, numbers."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from graph.aval import Aval
from graph.dtypes import DType, is_bool, is_float
from graph.ir.value import Value

SIZES: Final = (0, 1, 2, 5)
SMALL: Final = (0, 1, 2, 3, 5)
MIXED: Final = 64
"""Arguments that are all changed by chance, by the same each time."""


def probes(params: Sequence[Value], corpus: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    """Arguments like those of an example, the first of `corpus`: each is changed alone, then all together, then in
    size. At last they are changed by chance, beginning with any of `corpus`, which may grow meanwhile by arguments that
    have led somewhere new."""
    example = corpus[0]
    if not all(isinstance(p.type, Aval) for p in params):
        return
    rng = np.random.default_rng(0)
    changed = [list(_variants(x, rng)) for x in example]
    for place, variants in enumerate(changed):
        for variant in variants:
            yield [variant if i == place else x for i, x in enumerate(example)]
    for number in range(max(map(len, changed), default=0)):
        yield [
            variants[number % len(variants)] if variants else x for variants, x in zip(changed, example, strict=True)
        ]
    names = sorted({name for p in params for d in p.shape if not isinstance(d, int) for name in d.names})
    for size in SIZES if names else ():
        yield [_resized(x, p.aval, dict.fromkeys(names, size)) for x, p in zip(example, params, strict=True)]
    for _ in range(MIXED):
        yield [_mixed(x, rng) if rng.uniform() < 0.7 else x for x in corpus[int(rng.integers(len(corpus)))]]


def _mixed(x: Any, rng: np.random.Generator) -> Any:
    """An array of another size and sign, by chance."""
    dtype: DType = x.dtype
    if is_bool(dtype):
        return np.asarray(rng.integers(0, 2, x.shape), dtype)
    if is_float(dtype):
        sign = -1.0 if rng.uniform() < 0.3 else 1.0
        return np.asarray(x * (sign * 2.0 ** float(rng.uniform(-3.0, 3.0))), dtype)
    return np.asarray(rng.integers(0, 9, x.shape), dtype)


def _variants(x: Any, rng: np.random.Generator) -> Iterator[Any]:
    """Arrays of the dtype and shape of one."""
    dtype: DType = x.dtype
    if is_bool(dtype):
        yield ~np.asarray(x)
    elif is_float(dtype):
        size = float(np.max(np.abs(x.astype(np.float64)), initial=0.0)) if x.size else 0.0
        size = size if np.isfinite(size) and size else 1.0
        yield from (np.asarray(v, dtype) for v in (-x, x * 0.5, x * 0, x + 1, x * 3))
        yield from (np.asarray(rng.normal(0.0, size, x.shape), dtype) for _ in range(2))
        yield np.asarray(np.ones(x.shape), dtype)
    else:
        yield from (np.full(x.shape, v, dtype) for v in SMALL)
        if dtype.kind == "i":
            yield np.asarray(-x, dtype)
        yield np.asarray(rng.permutation(x.reshape(-1)).reshape(x.shape), dtype)


def _resized(x: Any, t: Aval, sizes: dict[str, int]) -> Any:
    """An array of other sizes, of the elements of one, again and again."""
    shape = tuple(
        d if isinstance(d, int) else max(d.constant + sum(k * sizes[name] for name, k in d.terms), 0) for d in t.shape
    )
    return np.resize(x, shape).astype(t.dtype) if x.size else np.ones(shape, t.dtype)
