"""Functions that rearrange, join and split tensors."""

import math
import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, cast

import numpy as np

from eager.creation import asarray
from eager.dispatch import apply, apply_all, dims_of, shaped, split_shape
from eager.numpy_types import INTEGER
from eager.sequence import TensorSequence
from eager.tensor import Tensor
from graph.aval import is_static
from graph.errors import ShapeError
from graph.ir.opdef import lookup

BROADCAST_TO: Final = lookup("broadcast_to")
CONCAT: Final = lookup("concat")
DIAG: Final = lookup("diag")
DIAGONAL: Final = lookup("diagonal")
EXPAND_DIMS: Final = lookup("expand_dims")
FLIP: Final = lookup("flip")
INDEX: Final = lookup("index")
LOGICAL_AND: Final = lookup("logical_and")
PAD: Final = lookup("pad")
REPEAT: Final = lookup("repeat")
RESHAPE: Final = lookup("reshape")
ROLL: Final = lookup("roll")
SPLIT: Final = lookup("split")
SQUEEZE: Final = lookup("squeeze")
STACK: Final = lookup("stack")
TAKE: Final = lookup("take")
TILE: Final = lookup("tile")
TRANSPOSE: Final = lookup("transpose")
TRIL: Final = lookup("tril")
TRIU: Final = lookup("triu")
UNSTACK: Final = lookup("unstack")

Tensors = Sequence[Any] | TensorSequence


def _axes(axis: Any) -> Any:
    if isinstance(axis, list | tuple):
        return tuple(operator.index(a) for a in cast("Sequence[Any]", axis))
    return operator.index(axis)


# Shapes


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Tensor:
    """The same elements, in row-major order, in another shape; one size may be -1, for what remains.

    Sizes may be 0-d integer tensors. Raises: ShapeError; ValueError for `copy=False`, as there are no views.
    """
    if copy is False:
        raise ValueError("the result of `reshape` is a value of its own: there are no views")
    return shaped(RESHAPE, (asarray(x),), shape)


def ravel(x: Any, /) -> Tensor:
    """All elements in row-major order, as a vector."""
    return apply(RESHAPE, asarray(x), shape=(-1,))


def flatten(x: Any, /, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Axes `start_dim` to `end_dim`, both included, made one."""
    x = asarray(x)
    if not x.ndim:
        return ravel(x)
    first, last = start_dim % x.ndim, end_dim % x.ndim
    shape = x.shape
    return reshape(x, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def permute_dims(x: Any, /, axes: Sequence[int]) -> Tensor:
    """Axis i of the result is axis `axes[i]` of `x`."""
    return apply(TRANSPOSE, asarray(x), axes=_axes(tuple(axes)))


def transpose(x: Any, /, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in another order; by default reversed."""
    x = asarray(x)
    return permute_dims(x, tuple(range(x.ndim))[::-1] if axes is None else axes)


def matrix_transpose(x: Any, /) -> Tensor:
    """The last two axes swapped."""
    x = asarray(x)
    if x.ndim < 2:
        raise ShapeError(f"`matrix_transpose`({x.aval}): a matrix, or a batch of them, is needed")
    return swapaxes(x, -1, -2)


def swapaxes(x: Any, /, axis1: int, axis2: int) -> Tensor:
    """Two axes swapped."""
    x = asarray(x)
    order = list(range(x.ndim))
    first, second = _axis(x, axis1), _axis(x, axis2)
    order[first], order[second] = order[second], order[first]
    return permute_dims(x, order)


def _axis(x: Tensor, axis: int) -> int:
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"axis {axis} is out of bounds for a tensor of {x.ndim} dimensions")
    return axis % x.ndim


def moveaxis(x: Any, source: Any, destination: Any, /) -> Tensor:
    """Axes at other places, the others in their order."""
    x = asarray(x)
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    if len(sources) != len(targets):
        raise ShapeError(f"`moveaxis`: {len(sources)} axes to move, {len(targets)} places")
    moved = dict(sorted(zip((_axis(x, t) for t in targets), (_axis(x, s) for s in sources), strict=True)))
    order = [i for i in range(x.ndim) if i not in moved.values()]
    for target, axis in moved.items():
        order.insert(target, axis)
    return permute_dims(x, order)


def expand_dims(x: Any, /, axis: int | Sequence[int] = 0) -> Tensor:
    """New axes of size 1, at `axis` in the result."""
    axes = _axes(axis)
    return apply(EXPAND_DIMS, asarray(x), axis=axes if isinstance(axes, tuple) else (axes,))


def squeeze(x: Any, /, axis: int | Sequence[int] | None = None) -> Tensor:
    """Without axes of size 1: those named (ShapeError where one has another size), or all."""
    x = asarray(x)
    if axis is None:
        axis = tuple(i for i, dim in enumerate(dims_of(x)) if dim == 1)
    return apply(SQUEEZE, x, axis=_axes(axis))


def broadcast_to(x: Any, /, shape: Any) -> Tensor:
    """Repeated along new leading axes and axes of size 1."""
    return shaped(BROADCAST_TO, (asarray(x),), shape)


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that tensors of these shapes broadcast to. ValueError when they do not."""
    return np.broadcast_shapes(*(tuple(s) for s in shapes))


def broadcast_arrays(*xs: Any) -> list[Tensor]:
    """Tensors broadcast against each other."""
    tensors = [asarray(x) for x in xs]
    if len({dims_of(x) for x in tensors}) <= 1:
        return tensors
    if all(is_static(dims_of(x)) for x in tensors):
        shape = broadcast_shapes(*(x.shape for x in tensors))
        return [broadcast_to(x, shape) for x in tensors]
    like = tensors[0]
    for x in tensors[1:]:
        like = apply(LOGICAL_AND, like, x)  # any op that broadcasts knows the sizes
    return [broadcast_to(x, like.shape) for x in tensors]


def atleast_1d(x: Any, /) -> Tensor:
    """`x`, with an axis if it has none."""
    x = asarray(x)
    return x if x.ndim else reshape(x, (1,))


def atleast_2d(x: Any, /) -> Tensor:
    """`x`, with leading axes until it has two."""
    x = asarray(x)
    return x if x.ndim >= 2 else expand_dims(x, tuple(range(2 - x.ndim)))


# Order and repetition


def flip(x: Any, /, axis: int | Sequence[int] | None = None) -> Tensor:
    """Elements in reverse order along `axis` (None: all)."""
    return apply(FLIP, asarray(x), axis=None if axis is None else _axes(axis))


def roll(x: Any, /, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Tensor:
    """Elements moved on by `shift`; what falls off the end comes back at the start. Without an axis, in row-major
    order."""
    x = asarray(x)
    if axis is None:
        return reshape(apply(ROLL, ravel(x), shift=_axes(shift), axis=0), x.shape)
    return apply(ROLL, x, shift=_axes(shift), axis=_axes(axis))


def tile(x: Any, /, repetitions: int | Sequence[int]) -> Tensor:
    """The whole tensor again and again along each axis."""
    counts = _axes(repetitions)
    return apply(TILE, asarray(x), repeats=counts if isinstance(counts, tuple) else (counts,))


def repeat(x: Any, repeats: Any, /, axis: int | None = None) -> Tensor:
    """Each element `repeats` times along `axis`; without an axis, in row-major order. `repeats` may say for each how
    often."""
    x = asarray(x)
    if axis is None:
        x, axis = ravel(x), 0
    if isinstance(repeats, (int, INTEGER)):
        return apply(REPEAT, x, repeats=int(repeats), axis=axis)
    places = cast(Any, np.arange(x.shape[axis]))
    return apply(TAKE, x, places.repeat(np.asarray(repeats)), axis=axis)


def tril(x: Any, /, *, k: int = 0) -> Tensor:
    """Matrices with zeros above diagonal `k`."""
    return apply(TRIL, asarray(x), k=operator.index(k))


def triu(x: Any, /, *, k: int = 0) -> Tensor:
    """Matrices with zeros below diagonal `k`."""
    return apply(TRIU, asarray(x), k=operator.index(k))


def diag(x: Any, /, k: int = 0) -> Tensor:
    """The matrix with a vector on diagonal `k`, or diagonal `k` of a matrix."""
    x = asarray(x)
    return apply(DIAG, x, k=k) if x.ndim == 1 else diagonal(x, k)


def diagonal(x: Any, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Elements whose index along `axis2` is that along `axis1` plus `offset`; their axis comes last."""
    return apply(DIAGONAL, asarray(x), offset=offset, axis1=axis1, axis2=axis2)


def pad(x: Any, pad_width: Any, /, mode: str = "constant", constant_values: Any = 0) -> Tensor:
    """NumPy's: `pad_width` is a number, a pair, or a pair for each axis, of elements before and after."""
    x = asarray(x)
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    return apply(PAD, x, widths=tuple((before, after) for before, after in widths), mode=mode, value=constant_values)


def meshgrid(*xs: Any, indexing: str = "xy") -> list[Tensor]:
    """Coordinates of a grid from those along its axes; with "xy", the first two axes are swapped."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', not {indexing!r}")
    vectors = [ravel(x) for x in xs]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        order[:2] = [1, 0]
    shape = [vectors[i].shape[0] for i in order]
    grids: list[Tensor] = []
    for i, vector in enumerate(vectors):
        at = order.index(i)
        others = tuple(k for k in range(len(vectors)) if k != at)
        grids.append(broadcast_to(expand_dims(vector, others), tuple(shape)))
    return grids


# Joining and splitting


def concat(xs: Tensors, /, axis: int | None = 0) -> Tensor:
    """Tensors joined along `axis`; None joins all elements in row-major order. Dtypes promote."""
    if isinstance(xs, TensorSequence):
        return xs.__concat__(0 if axis is None else operator.index(axis))
    tensors = [asarray(x) for x in xs]
    if not tensors:
        raise ValueError("need at least one tensor to join")
    if axis is None:
        tensors, axis = [ravel(x) for x in tensors], 0
    return apply(CONCAT, *tensors, axis=operator.index(axis))


concatenate = concat


def stack(xs: Tensors, /, axis: int = 0) -> Tensor:
    """Tensors of one shape along a new axis."""
    if isinstance(xs, TensorSequence):
        return xs.__stack__(operator.index(axis))
    tensors = [asarray(x) for x in xs]
    if not tensors:
        raise ValueError("need at least one array to stack")
    return apply(STACK, *tensors, axis=operator.index(axis))


def hstack(xs: Sequence[Any], /) -> Tensor:
    """Tensors joined along the second axis; vectors along their first."""
    tensors = [atleast_1d(x) for x in xs]
    return concat(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


def vstack(xs: Sequence[Any], /) -> Tensor:
    """Tensors joined along the first axis, vectors as rows."""
    return concat([atleast_2d(x) for x in xs], 0)


def unstack(x: Any, /, axis: int = 0) -> tuple[Tensor, ...]:
    """The slices along `axis`."""
    return apply_all(UNSTACK, asarray(x), axis=operator.index(axis))


def split(x: Any, indices_or_sections: Any, /, axis: int = 0) -> list[Tensor]:
    """NumPy's: so many equal parts, or parts that end before each of the given indices."""
    x = asarray(x)
    size = x.shape[axis]
    if isinstance(indices_or_sections, int):
        if size % indices_or_sections:
            raise ShapeError(f"an axis of {size} elements has no {indices_or_sections} equal parts")
        lengths = [size // indices_or_sections] * indices_or_sections
    else:
        bounds = [0, *(min(operator.index(i), size) for i in indices_or_sections), size]
        lengths = [max(after - before, 0) for before, after in pairwise(bounds)]
        if sum(lengths) != size:
            starts = pairwise(bounds)
            lead = (slice(None),) * (axis % x.ndim)
            return [apply(INDEX, x, index=(*lead, slice(a, b))) for a, b in starts]
    return split_sizes(x, lengths, axis)


def split_sizes(x: Any, sizes: Sequence[Any], /, axis: int = 0) -> list[Tensor]:
    """Parts of the given sizes, which add up to that of `axis`."""
    pattern, operands = split_shape(tuple(sizes))
    return list(apply_all(SPLIT, asarray(x), *operands, sizes=pattern, axis=operator.index(axis)))


def chunk(x: Any, chunks: int, /, axis: int = 0) -> list[Tensor]:
    """PyTorch's: parts of equal size, the last one smaller where they do not come out even."""
    x = asarray(x)
    size = x.shape[axis]
    length = max(-(-size // chunks), 1)
    return split_sizes(x, [min(length, size - start) for start in range(0, size, length)], axis)
