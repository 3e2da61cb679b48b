"""Comparing run-time values bit by bit, and asking what memory they share."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


def assert_same(found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Equal values: dtypes, shapes and bits (but for the payload of NaNs), lists and missing values included."""
    assert len(found) == len(expected)
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert _is_same(a, b), f"result {i}: {a!r} is not {b!r}"


def _is_same(a: Any, b: Any) -> bool:
    if isinstance(a, list) or isinstance(b, list):
        return (
            isinstance(a, list)
            and isinstance(b, list)
            and len(a) == len(b)
            and all(_is_same(x, y) for x, y in zip(a, b, strict=True))
        )
    if a is None or b is None:
        return a is b
    x, y = np.asarray(a), np.asarray(b)
    if x.dtype != y.dtype or x.shape != y.shape:
        return False
    if not np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"):
        return False
    return x.dtype.kind != "f" or bool(np.array_equal(np.signbit(x)[~np.isnan(x)], np.signbit(y)[~np.isnan(y)]))


def leaves(value: Any) -> Iterator[np.ndarray]:
    """The arrays in a value (not its NumPy scalars, which cannot change)."""
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, np.ndarray):
        yield value


def assert_apart(results: Sequence[Any], args: Sequence[Any]) -> None:
    """No two result arrays share memory, none does with an argument, and all can be written to."""
    arrays = [array for value in results for array in leaves(value)]
    given = [array for value in args for array in leaves(value)]
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        for other in [*arrays[i + 1 :], *given]:
            assert not np.shares_memory(array, other)


def copy_of(value: Any) -> Any:
    """A deep copy."""
    if isinstance(value, list):
        return [copy_of(item) for item in value]
    return value.copy() if isinstance(value, np.ndarray) else value
