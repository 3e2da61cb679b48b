"""NumPy indexing on types: what `x[index]` is, and whether it can fail.

An `index` attribute is a tuple of items: int, slice, None (a new axis), "..." (all axes not named), or "$", which
stands for the next dynamic operand: a 0-d integer, an integer array, or a bool array (a mask). Fields of slices are
int, None, or "$" for a 0-d integer operand. Dynamic operands come in the order of their "$".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graph.aval import Aval, Dim, Shape, SymDim, Type, dim_add
from graph.dtypes import is_bool, is_integer
from graph.errors import DTypeError, IndexRangeError, InternalError, ShapeError
from graph.ops.shape_rules import UNKNOWN_DIM, broadcast_shapes, least, tensor

Item = int | slice | str | None
"""A bool among the items is a mask of no axes: an axis of size 1 or 0."""
Index = tuple[Item, ...]

DYNAMIC: Final = "$"
ELLIPSIS: Final = "..."


def resolve_index(index: Index, dynamic: Sequence[Any]) -> Any:
    """The run-time index: operands in place of "$"."""
    if not dynamic and ELLIPSIS not in index:
        return index
    rest = iter(dynamic)
    return tuple([_resolve_item(item, rest) for item in index])


def _resolve_item(item: Item, rest: Iterator[Any]) -> Any:
    if isinstance(item, str):
        return next(rest) if item == DYNAMIC else Ellipsis
    if isinstance(item, slice):
        start, stop, step = item.start, item.stop, item.step
        return slice(
            int(next(rest)) if start == DYNAMIC else start,
            int(next(rest)) if stop == DYNAMIC else stop,
            int(next(rest)) if step == DYNAMIC else step,
        )
    return item


@dataclass(slots=True)
class Indexed:
    """`x[index]`, by its type: the shape of the result, and whether the run time can find an index out of range."""

    shape: Shape
    can_fail: bool
    has_integer_arrays: bool
    """Whether one element may be named twice."""


@dataclass(slots=True)
class _Walk:
    op: str
    x: Aval
    axis: int = 0
    shape: list[Dim] = field(default_factory=list[Dim])
    advanced: list[Shape] = field(default_factory=list[Shape])
    """Shapes of the index arrays; integers among them are arrays of no axes."""
    places: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """For each of them, its place in the index and the number of result axes before it."""
    can_fail: bool = False
    has_integer_arrays: bool = False

    def next_dim(self) -> Dim:
        dim = self.x.shape[self.axis]
        self.axis += 1
        return dim


def indexed(op: str, x: Aval, dynamic: Sequence[Type], index: Index) -> Indexed:
    """The result of NumPy's indexing.

    Raises: IndexRangeError for integers out of range, masks of another shape, or more items than axes; DTypeError for
    index arrays of other dtypes; ShapeError for arrays that do not broadcast and for steps of zero.
    """
    operands = iter([tensor(t, op) for t in dynamic])
    arrays = [next(operands, None) if item == DYNAMIC else _slice_operands(op, item, operands) for item in index]
    if next(operands, None) is not None:
        raise InternalError(f"`{op}`: more operands than '$' in {index}")
    consumed = sum(_axes_of(item, array) for item, array in zip(index, arrays, strict=True))
    if consumed > x.ndim:
        raise IndexRangeError(f"`{op}`: too many indices for {x}: it has {x.ndim} axes, {consumed} were indexed")
    if index.count(ELLIPSIS) > 1:
        raise IndexRangeError(f"`{op}`: an index can only have a single ellipsis ('...')")
    walk = _Walk(op, x)
    for place, (item, array) in enumerate(zip(index, arrays, strict=True)):
        if item == ELLIPSIS:
            for _ in range(x.ndim - consumed):
                walk.shape.append(walk.next_dim())
        elif item is None:
            walk.shape.append(1)
        elif isinstance(item, slice):
            walk.shape.append(_slice_dim(walk, item))
        elif isinstance(item, bool):
            _advance(walk, place, (int(item),))
        elif isinstance(item, int):
            _check_integer(walk, item)
            _advance(walk, place, ())
        else:
            _index_by_array(walk, place, array)
    rest = x.shape[walk.axis :]
    return Indexed(_assemble(walk, rest), walk.can_fail, walk.has_integer_arrays)


def untouched_axes(x: Aval, dynamic: Sequence[Type], index: Index) -> dict[int, int]:
    """The axes of `x` of which an index takes every element in order, and which axes of the result they are. None where
    it has index arrays or masks."""
    operands = [tensor(t, "index") for t in dynamic]
    if any(isinstance(item, bool) for item in index) or any(t.ndim or is_bool(t.dtype) for t in operands):
        return {}
    consumed = sum(item is not None and item != ELLIPSIS for item in index)
    found: dict[int, int] = {}
    axis = at = 0
    for item in (*index, *(() if ELLIPSIS in index else (ELLIPSIS,))):
        if item == ELLIPSIS:
            for _ in range(x.ndim - consumed):
                found[axis] = at
                axis, at = axis + 1, at + 1
        elif item is None:
            at += 1
        else:
            if item == slice(None):
                found[axis] = at
            axis, at = axis + 1, at + isinstance(item, slice)
    return found


def _slice_operands(op: str, item: Item, operands: Iterator[Aval]) -> None:
    if not isinstance(item, slice):
        return
    for bound in (item.start, item.stop, item.step):
        if bound == DYNAMIC:
            operand = next(operands, None)
            if operand is None or operand.ndim or not is_integer(operand.dtype):
                raise DTypeError(f"`{op}`: a bound of a slice must be a 0-d integer, not {operand}")


def _axes_of(item: Item, array: Aval | None) -> int:
    if item is None or item == ELLIPSIS or isinstance(item, bool):
        return 0
    return array.ndim if array is not None and is_bool(array.dtype) else 1


def _check_integer(walk: _Walk, i: int) -> None:
    axis, size = walk.axis, walk.next_dim()
    if isinstance(size, int) and not -size <= i < size:
        raise IndexRangeError(
            f"index {i} is out of bounds for axis {axis} with size {size}",
            next_step=(f"use an index from {-size} to {size - 1}" if size else "the axis is empty")
            + f"; the operand is {walk.x}.",
        )
    if not -least(size) <= i < least(size):
        walk.can_fail = True


def _advance(walk: _Walk, place: int, shape: Shape) -> None:
    walk.advanced.append(shape)
    walk.places.append((place, len(walk.shape)))


def _index_by_array(walk: _Walk, place: int, array: Aval | None) -> None:
    if array is None:
        raise InternalError(f"`{walk.op}`: fewer operands than '$'")
    if is_integer(array.dtype):
        walk.next_dim()
        walk.can_fail = True
        walk.has_integer_arrays |= array.ndim > 0
        _advance(walk, place, array.shape)
        return
    if not is_bool(array.dtype):
        raise DTypeError(
            f"`{walk.op}`: an index must be integers or a bool mask, not {array}", next_step="cast it with `astype`."
        )
    for wanted in array.shape:
        axis, size = walk.axis, walk.next_dim()
        if isinstance(size, int) and isinstance(wanted, int) and size != wanted:
            raise IndexRangeError(
                f"`{walk.op}`: the mask {array} does not match {walk.x}: axis {axis} has size {size}, not {wanted}"
            )
        walk.can_fail |= size != wanted
    if sum(shape != () for shape in walk.advanced):
        walk.can_fail = True  # the number of elements chosen must fit the other arrays
    _advance(walk, place, (UNKNOWN_DIM,))


def _assemble(walk: _Walk, rest: Shape) -> Shape:
    """Axes of index arrays come where the arrays stand, or first when something stands between them."""
    shape = [*walk.shape, *rest]
    if any(walk.advanced):
        broadcast = broadcast_shapes(walk.advanced, lambda: f"`{walk.op}`: index arrays")
        known = [dim for s in walk.advanced for dim in s]
        walk.can_fail |= len(set(known) - {1}) > 1 and len(walk.advanced) > 1
        first, last = walk.places[0][0], walk.places[-1][0]
        at = walk.places[0][1] if last - first == len(walk.places) - 1 else 0
        shape[at:at] = broadcast
    return _numbered(shape)


def _numbered(shape: Sequence[Dim]) -> Shape:
    """Unknown sizes are each a size of their own."""
    count = 0
    result: list[Dim] = []
    for dim in shape:
        if dim == UNKNOWN_DIM or (isinstance(dim, SymDim) and dim.names[0].startswith("?") and len(dim.names) == 1):
            dim, count = SymDim.named(f"?{count}"), count + 1
        result.append(dim)
    return tuple(result)


# Slices


def _slice_dim(walk: _Walk, item: slice) -> Dim:
    """The length of a slice of the next axis. Of a symbolic size `n`, `[a:-b]` has `n-a-b` elements: sizes that a
    program trims are taken to be large enough."""
    size = walk.next_dim()
    start, stop, step = item.start, item.stop, item.step
    if step == 0:
        raise ShapeError(f"`{walk.op}`: the step of a slice must not be zero")
    if DYNAMIC in (start, stop, step):
        walk.can_fail |= step == DYNAMIC
        return size if size == 0 else UNKNOWN_DIM
    if isinstance(size, int):
        return len(range(*slice(start, stop, step).indices(size)))
    if step in (None, 1):
        return _trimmed(size, start or 0, stop)
    if step == -1 and stop is None and (start is None or start < 0):
        return _trimmed(size, 0, None if start in (None, -1) else start + 1)
    return UNKNOWN_DIM


def _trimmed(size: SymDim, start: int, stop: int | None) -> Dim:
    enough = least(size)
    if start < 0:
        known = -start <= enough and (stop is None or stop < 0)
        return max((stop or 0) - start, 0) if known else UNKNOWN_DIM
    if stop is None:
        return dim_add(size, -start)
    if stop < 0:
        return dim_add(size, stop - start)
    return max(stop - start, 0) if stop <= enough else UNKNOWN_DIM
