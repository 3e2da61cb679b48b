"""Indexing: `x[key]`, `x[key] = v`, and the functions around them. Keys are NumPy's; tensors in them stay dynamic."""

import operator
from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np

from eager.creation import asarray
from eager.dispatch import apply, apply_all
from eager.numpy_types import ARRAY, BOOL
from eager.recorder import RECORDER, held
from eager.tensor import Tensor
from graph.dtypes import bool_, int64, is_integer
from graph.errors import DTypeError
from graph.ir.opdef import WEAK, lookup
from graph.ops.index_rules import DYNAMIC, ELLIPSIS, Index

INDEX: Final = lookup("index")
INDEX_SET: Final = lookup("index_set")
INDEX_ADD: Final = lookup("index_add")
NONZERO: Final = lookup("nonzero")
TAKE: Final = lookup("take")
TAKE_ALONG_AXIS: Final = lookup("take_along_axis")


def normalize(key: Any) -> tuple[Index, list[Any]]:
    """The `index` attribute for `key` and the operands that its "$" stand for; see `graph.ops.index_rules`.

    Raises: IndexError for what is no index, as NumPy does.
    """
    items = cast("tuple[Any, ...]", key) if type(key) is tuple else (key,)
    spec: list[Any] = []
    dynamic: list[Any] = []
    for item in items:
        if type(item) is int or item is None:
            spec.append(item)
        elif type(item) is slice:
            spec.append(_slice(item, dynamic))
        elif item is Ellipsis:
            spec.append(ELLIPSIS)
        else:
            spec.append(_dynamic(item, dynamic))
    return tuple(spec), dynamic


def _slice(item: slice, dynamic: list[Any]) -> slice:
    fields: list[Any] = []
    for value in (item.start, item.stop, item.step):
        if value is None or type(value) is int:
            fields.append(value)
        elif isinstance(value, Tensor) and RECORDER.get() is not None:
            if value.ndim or not is_integer(value.dtype):
                raise TypeError("slice indices must be integers or None or have an __index__ method")
            fields.append(DYNAMIC)
            dynamic.append(value)
        else:
            fields.append(operator.index(value))
    return slice(*fields)


def _dynamic(item: Any, dynamic: list[Any]) -> Any:
    """The item for an index that is no Python int, slice, None or Ellipsis."""
    if isinstance(item, Tensor):
        if RECORDER.get() is None and item.dtype.kind in "iu" and not item.ndim:
            return operator.index(item)
        dynamic.append(item)
        return DYNAMIC
    if isinstance(item, BOOL):
        dynamic.append(np.bool_(item))
        return DYNAMIC
    if isinstance(item, ARRAY) and item.ndim:
        dynamic.append(item)
        return DYNAMIC
    if isinstance(item, list | tuple | range):
        sequence = cast("Sequence[Any]", item)
        dynamic.append(asarray(sequence) if len(sequence) else asarray(sequence, dtype=int64))
        return DYNAMIC
    try:
        return operator.index(item)
    except TypeError:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays "
            "are valid indices"
        ) from None


def getitem(x: Tensor, key: Any) -> Tensor:
    """`x[key]`: a value of its own, not a view."""
    if type(key) is int:
        return apply(INDEX, x, index=(key,))
    spec, dynamic = normalize(key)
    return apply(INDEX, x, *dynamic, index=spec)


def setitem(x: Tensor, key: Any, value: Any) -> None:
    """`x[key] = value`: gives the handle a value that differs at `key`. `value` broadcasts, and is cast as NumPy does.

    Raises: IndexError, ShapeError; DTypeError for complex values in a real tensor.
    """
    spec, dynamic = normalize(key)
    v = held(value) if isinstance(value, Tensor) else value if type(value) in WEAK else asarray(value)
    kind = v.dtype.kind if isinstance(v, Tensor) else "c" if type(v) is complex else ""
    if kind == "c" and x.dtype.kind != "c":
        raise DTypeError(f"complex values cannot be stored in a tensor of {x.dtype}", next_step="take `real` first.")
    x.become(apply(INDEX_SET, x, v, *dynamic, index=spec))


def index_add(x: Any, key: Any, value: Any) -> Tensor:
    """`x` with `value` added at `key`; what is named twice gets both, unlike with `x[key] += value`."""
    spec, dynamic = normalize(key)
    return apply(INDEX_ADD, asarray(x), value, *dynamic, index=spec)


def take(x: Any, indices: Any, /, axis: int | None = None) -> Tensor:
    """The elements at `indices` along `axis`; without an axis, of all elements in row-major order."""
    x = asarray(x)
    if axis is None:
        x, axis = (x if x.ndim == 1 else x.reshape(-1)), 0
    return apply(TAKE, x, asarray(indices), axis=operator.index(axis))


def take_along_axis(x: Any, indices: Any, /, axis: int = -1) -> Tensor:
    """For each row along `axis`, the elements at the indices in the same row of `indices`."""
    return apply(TAKE_ALONG_AXIS, asarray(x), asarray(indices), axis=operator.index(axis))


def nonzero(x: Any, /) -> tuple[Tensor, ...]:
    """For each axis, the indices of the elements that are not zero. ShapeError for a 0-d tensor."""
    return apply_all(NONZERO, asarray(x))


def argwhere(x: Any, /) -> Tensor:
    """The indices of the elements that are not zero, one row each."""
    return apply(STACK, *nonzero(x), axis=1)


def mask_of(x: Any) -> Tensor:
    """`x` as a mask: whether elements are not zero."""
    x = asarray(x)
    return x if x.dtype == bool_ else x != 0


STACK: Final = lookup("stack")
