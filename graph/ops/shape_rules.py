"""Shape rules that several op families share."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from graph.aval import Aval, Dim, ListType, Shape, SymDim, Type, format_shape, is_static
from graph.dtypes import DType, bool_, is_integer
from graph.errors import DTypeError, ShapeError
from graph.ir.op import Op
from graph.ir.opdef import Effect
from graph.ops.promotion import resolved

UNKNOWN_DIM: Final = SymDim.named("?")
"""A size that is known only at run time; the builder gives each occurrence a name of its own."""


def tensor(x: Type, op: str) -> Aval:
    """`x` as a tensor type; DTypeError for a list or an optional."""
    if isinstance(x, Aval):
        return x
    kind = "a list" if isinstance(x, ListType) else "a value that may be missing"
    raise DTypeError(f"`{op}` takes tensors, not {kind} ({x})")


def broadcast_dims(a: Dim, b: Dim) -> Dim | None:
    """The broadcast of two dims; None when they cannot be. Where a symbolic dim meets an int above 1, the int wins
    (at run time the size must be that or 1); two symbolic dims that differ give a new size."""
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if isinstance(a, int):
        return None if isinstance(b, int) else a
    return b if isinstance(b, int) else UNKNOWN_DIM


def unify_dims(a: Dim, b: Dim) -> Dim | None:
    """The dim of two axes that must have one size; None when they cannot. An int says more than a symbolic dim."""
    if isinstance(a, int):
        return None if isinstance(b, int) and a != b else a
    return b if isinstance(b, int) else a


def least(dim: Dim) -> int:
    """The smallest size that `dim` can be, as named sizes are not negative."""
    if isinstance(dim, int):
        return dim
    return max(dim.constant, 0) if all(k > 0 for _, k in dim.terms) else 0


def broadcast_shapes(shapes: Sequence[Shape], describe: Callable[[], str]) -> Shape:
    """NumPy broadcasting over any number of shapes; `describe` says, for the error, what met what."""
    if shapes and shapes.count(shapes[0]) == len(shapes) and is_static(shapes[0]):
        return shapes[0]
    ndim = max((len(s) for s in shapes), default=0)
    result: list[Dim] = []
    unknown = 0
    for axis in range(ndim):
        dim: Dim = 1
        for shape in shapes:
            at = axis - (ndim - len(shape))
            if at < 0:
                continue
            merged = broadcast_dims(dim, shape[at])
            if merged is None:
                raise ShapeError(
                    f"{describe()}: shapes {' and '.join(format_shape(s) for s in shapes)} do not broadcast "
                    f"(axis {axis - ndim}: {dim} against {shape[at]})",
                    next_step="make the sizes equal, or 1 where an axis is to be repeated.",
                )
            dim = merged
        if dim == UNKNOWN_DIM:
            dim, unknown = SymDim.named(f"?{unknown}"), unknown + 1
        result.append(dim)
    return tuple(result)


def quote(op: str, *operands: Type) -> str:
    """``add`(f32[2], i64[])``, for messages."""
    return f"`{op}`({', '.join(map(str, operands))})"


def elementwise(op: str, ufunc: np.ufunc) -> Callable[..., Aval]:
    """Shape rule of a ufunc whose operands have the dtypes of one of its loops. Shapes broadcast."""

    def infer(*operands: Type) -> Aval:
        avals = [tensor(x, op) for x in operands]
        shape = (
            avals[0].shape if len(avals) == 1 else broadcast_shapes([a.shape for a in avals], lambda: quote(op, *avals))
        )
        return Aval(result_dtype(op, ufunc, avals), shape)

    return infer


def result_dtype(op: str, ufunc: np.ufunc, avals: Sequence[Aval]) -> DType:
    """The dtype that `ufunc` gives; DTypeError where it takes none of these as they are."""
    given = tuple([a.dtype for a in avals])
    try:
        dtypes = resolved(ufunc, given)
    except TypeError:
        raise DTypeError(f"{quote(op, *avals)}: no such operation on these dtypes") from None
    if dtypes[: len(given)] != given:
        raise DTypeError(
            f"{quote(op, *avals)}: dtypes must agree in a graph",
            next_step="cast one operand with `astype`.",
        )
    return dtypes[-1]


def normalize_axis(op: str, axis: int, ndim: int) -> int:
    """`axis` counted from 0; ShapeError when out of range."""
    if not -ndim <= axis < ndim:
        raise ShapeError(f"`{op}`: axis {axis} is out of bounds for a tensor of {ndim} dimensions")
    return axis % ndim


def normalize_axes(op: str, axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Axes counted from 0, in order; None means all. ShapeError for repeats."""
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(normalize_axis(op, a, ndim) for a in ((axis,) if isinstance(axis, int) else axis))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"`{op}`: axes {axes} repeat")
    return tuple(sorted(axes))


def reduced_shape(shape: Shape, axes: Sequence[int], keepdims: bool) -> Shape:
    """`shape` without `axes`, or with 1 in their place."""
    if keepdims:
        return tuple(1 if i in axes else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in axes)


def resolve_shape(shape: Shape, sizes: Sequence[Any]) -> tuple[int, ...]:
    """The run-time shape: each symbolic dim, in order, takes one of `sizes`."""
    if not sizes:
        return shape  # pyright: ignore[reportReturnType]
    rest = iter(sizes)
    return tuple([d if isinstance(d, int) else int(next(rest)) for d in shape])


def check_sizes(op: str, shape: Shape, sizes: Sequence[Type]) -> None:
    """One 0-d integer operand for each symbolic dim of a `shape` attribute."""
    wanted = sum(not isinstance(d, int) for d in shape)
    if len(sizes) != wanted:
        raise ShapeError(f"`{op}`: shape {format_shape(shape)} needs {wanted} size operands, got {len(sizes)}")
    for size in sizes:
        if not (isinstance(size, Aval) and size.ndim == 0 and is_integer(size.dtype)):
            raise DTypeError(f"`{op}`: a size must be a 0-d integer, not {size}")


def is_predicate(x: Type) -> bool:
    """A 0-d bool: what `cond` and `while_loop` test."""
    return isinstance(x, Aval) and x.dtype == bool_ and x.ndim == 0


def broadcast_effect(op: Op) -> Effect:
    """CAN_FAIL where symbolic dims meet others that they may not fit at run time."""
    shapes = [v.shape for v in op.operands]
    if shapes and shapes.count(shapes[0]) == len(shapes):
        return Effect.PURE
    ndim = max(map(len, shapes), default=0)
    for axis in range(1, ndim + 1):
        if len({shape[-axis] for shape in shapes if len(shape) >= axis} - {1}) > 1:
            return Effect.CAN_FAIL
    return Effect.PURE
