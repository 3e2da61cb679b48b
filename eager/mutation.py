"""Giving a handle another value: what `x += v`, `x[i] = v` and `assign` have in common."""

from typing import Any, Final

import numpy as np

from eager.creation import asarray, astype
from eager.dispatch import dims_of, shaped
from eager.recorder import RECORDER
from eager.tensor import Tensor
from graph.aval import format_shape, is_static
from graph.errors import DTypeError, ShapeError
from graph.ir.opdef import lookup

BROADCAST_TO: Final = lookup("broadcast_to")


def replace(x: Tensor, new: Tensor, symbol: str) -> Tensor:
    """Give `x` the value `new`, the result of an in-place operator; dtype and shape of `x` stay.

    Raises: DTypeError, ShapeError, as `fitted`.
    """
    x.become(fitted(x, new, symbol))
    return x


def fitted(x: Tensor, new: Tensor, symbol: str) -> Tensor:
    """`new`, the result of an in-place operator on `x`, in the dtype and shape of `x`.

    Raises: DTypeError where NumPy's "same kind" rule forbids the cast back, ShapeError where the shape would change.
    """
    if new.dtype != x.dtype:
        if not np.can_cast(new.dtype, x.dtype, "same_kind"):
            raise DTypeError(
                f"`{symbol}`: the result is {new.dtype}, which cannot be stored in a tensor of {x.dtype}",
                next_step=f"write `x = x {symbol.rstrip('=')} ...`, or cast one side with `astype`.",
            )
        new = astype(new, x.dtype)
    old, dims = dims_of(x), dims_of(new)
    if dims != old:
        if len(dims) != len(old) or (is_static(old) and is_static(dims)):
            raise ShapeError(
                f"`{symbol}`: the result has shape {format_shape(dims)}, "
                f"it cannot be stored in a tensor of shape {format_shape(old)}"
            )
        new = shaped(BROADCAST_TO, (new,), x.shape)  # sizes that may be equal: compared when the graph runs
    return new


def assign(x: Tensor, value: Any) -> Tensor:
    """Give the handle `x` another value of its shape and dtype, as `x[...] = value` does; returns `x`."""
    new = asarray(value, dtype=x.dtype)
    if dims_of(new) != dims_of(x) or new is x or RECORDER.get() is not None:
        new = shaped(BROADCAST_TO, (new,), x.shape)
    x.become(new)
    return x
