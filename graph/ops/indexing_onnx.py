"""Indexing in ONNX. Slices are `Slice`, one array of integers is `Gather`, several are `GatherND`; a mask is the places
where it is true. What an index names is written to by its places among all elements. Nodes fail for an index that is
out of range, and count from the end when it is negative."""

from collections.abc import Sequence
from typing import Any, Final

from graph.aval import Aval, SymDim
from graph.dtypes import bool_, int64, is_bool
from graph.ir.onnx_form import AS_LOWERED, Handle, OnnxEmitter
from graph.ops.index_lowering import IndexItem, expanded
from graph.ops.index_rules import DYNAMIC, Index

FAR: Final = 2**62


def index_onnx(b: OnnxEmitter, x: Handle, *dynamic: Handle, index: Index) -> Handle:
    return AS_LOWERED if _has_flags(index, dynamic) else _taken(b, x, x.ndim, dynamic, index)


def _has_flags(index: Index, dynamic: Sequence[Handle]) -> bool:
    """Whether there are masks of no axes."""
    return any(isinstance(item, bool) for item in index) or any(is_bool(x.dtype) and not x.ndim for x in dynamic)


def _taken(b: OnnxEmitter, x: Handle, ndim: int, dynamic: Sequence[Handle], index: Index) -> Handle:
    """`x[index]` of a tensor of `ndim` axes: first slices, which keep the axes; numbers and arrays; then new axes."""
    index, dynamic = _without_masks(b, ndim, index, dynamic)
    items = expanded(index, ndim, dynamic)
    x = _sliced(b, x, items)
    arrays = [item for item in items if item.kind in ("number", "array")]
    if any(item.kind == "array" for item in arrays):
        return _gathered(b, x, ndim, items, arrays)
    for item in reversed(arrays):
        place = b.tensor(item.value, int64) if isinstance(item.value, int) else b.convert(item.value, int64)
        x = b.node("Gather", x, place, axis=item.axis)
    kept = [item.kind for item in items if item.kind in ("slice", "new")]
    added = [at for at, kind in enumerate(kept) if kind == "new"]
    return b.node("Unsqueeze", x, b.tensor(added, int64)) if added else x


def _without_masks(
    b: OnnxEmitter, ndim: int, index: Index, dynamic: Sequence[Handle]
) -> tuple[Index, Sequence[Handle]]:
    """The index with the places where a mask is true, an array for each of its axes, in place of the mask."""
    if not any(is_bool(x.dtype) for x in dynamic):
        return index, dynamic
    items: list[Any] = []
    operands: list[Handle] = []
    rest = iter(dynamic)
    for item in index:
        if isinstance(item, slice):
            operands += [next(rest) for bound in (item.start, item.stop, item.step) if bound == DYNAMIC]
            items.append(item)
        elif item == DYNAMIC:
            found = _places(b, next(rest))
            items += [DYNAMIC] * len(found)
            operands += found
        else:
            items.append(item)
    return tuple(items), operands


def _places(b: OnnxEmitter, x: Handle) -> list[Handle]:
    """Where a mask is true, an array of indices for each axis; an array of integers as it is."""
    if not is_bool(x.dtype):
        return [x]
    found = b.node("NonZero", x, dtype=int64)
    count = Aval(int64, (SymDim.named("?"),))
    return [b.typed(b.node("Gather", found, b.tensor(axis, int64)), count) for axis in range(x.ndim)]


def _sliced(b: OnnxEmitter, x: Handle, items: Sequence[IndexItem]) -> Handle:
    chosen = [item for item in items if item.kind == "slice" and item.value != (None, None, None)]
    if not chosen:
        return x
    starts: list[Any] = []
    stops: list[Any] = []
    steps: list[Any] = []
    for start, stop, step in (item.value for item in chosen):
        by: Any = 1 if step is None else b.convert(step, int64) if not isinstance(step, int) else step
        if not isinstance(by, int):
            b.require(b.ne(by, 0), "ValueError: slice step cannot be zero")
        is_up = b.gt(by, 0)
        starts.append(_bound(b, start, b.select(is_up, 0, FAR)))
        stops.append(_bound(b, stop, b.select(is_up, FAR, -FAR)))
        steps.append(by)
    axes = b.tensor([item.axis for item in chosen], int64)
    return b.node("Slice", x, b.vector(starts), b.vector(stops), axes, b.vector(steps))


def _bound(b: OnnxEmitter, bound: Any, otherwise: Any) -> Any:
    if bound is None:
        return otherwise
    return bound if isinstance(bound, int) else b.convert(bound, int64)


def _gathered(b: OnnxEmitter, x: Handle, ndim: int, items: Sequence[IndexItem], arrays: Sequence[IndexItem]) -> Handle:
    """The axes of the arrays come first, are taken at once, and the axes of the result go where NumPy has them."""
    places = [_array(b, item.value) for item in arrays]
    width = max(place.ndim for place in places)
    axes = [item.axis for item in arrays]
    others = [a for a in range(ndim) if a not in axes]
    if len(arrays) == 1:
        found = b.node("Gather", x, places[0], axis=axes[0])
        own = list(range(axes[0], axes[0] + width))
        rest = [a if a < axes[0] else a + width - 1 for a in others]
    else:
        shape = b.shape_of(_sum(b, places))
        last = b.tensor([-1], int64)
        at = b.node("Concat", *(b.node("Unsqueeze", b.node("Expand", p, shape), last) for p in places), axis=-1)
        found = b.node("GatherND", b.node("Transpose", x, perm=[*axes, *others]), at)
        own, rest = list(range(width)), list(range(width, width + len(others)))
    numbers = [k for k, item in enumerate(items) if item.kind in ("number", "array")]
    together = numbers[-1] - numbers[0] == len(numbers) - 1
    kept = [k for k, item in enumerate(items) if item.kind in ("slice", "new")]
    lead = sum(k < numbers[0] for k in kept) if together else 0
    sliced = iter(rest)
    order = [next(sliced) if items[k].kind == "slice" else None for k in kept]
    order[lead:lead] = own
    moved = [a for a in order if a is not None]
    if moved != sorted(moved):
        found = b.node("Transpose", found, perm=moved)
    added = [at for at, a in enumerate(order) if a is None]
    return b.node("Unsqueeze", found, b.tensor(added, int64)) if added else found


def _array(b: OnnxEmitter, value: Any) -> Handle:
    if isinstance(value, int):
        return b.typed(b.tensor(value, int64), Aval(int64, ()))
    return b.typed(b.convert(value, int64), Aval(int64, value.shape))


def _sum(b: OnnxEmitter, xs: Sequence[Handle]) -> Handle:
    """Something of the shape that the operands broadcast to."""
    total, *others = xs
    for x in others:
        total = b.add(total, x)
    return total


def update_onnx(reduction: str) -> Any:
    """`index_set` and `index_add`: the places that the index names among all elements get the values."""

    def rule(b: OnnxEmitter, x: Handle, v: Handle, *dynamic: Handle, index: Index) -> Handle:
        if _has_flags(index, dynamic):
            return AS_LOWERED
        shape = b.shape_of(x)
        count = b.node("Size", x, dtype=int64)
        numbers = b.node("Range", b.tensor(0, int64), count, b.tensor(1, int64))
        places = _taken(b, b.node("Reshape", numbers, shape), x.ndim, dynamic, index)
        flat = b.tensor([-1], int64)
        values = b.node("Reshape", _spread(b, v, places), flat)
        updated = b.node(
            "ScatterElements", b.node("Reshape", x, flat), b.node("Reshape", places, flat), values, reduction=reduction
        )
        return b.node("Reshape", updated, shape)

    return rule


def _spread(b: OnnxEmitter, v: Handle, places: Handle) -> Handle:
    """A value in the shape of what it is written to; it may have leading axes of size 1 too many."""
    return b.node("Expand", v, b.shape_of(places))


def take_onnx(b: OnnxEmitter, x: Handle, indices: Handle, *, axis: int) -> Handle:
    return b.node("Gather", x, b.convert(indices, int64), axis=axis % x.ndim)


def take_along_axis_onnx(b: OnnxEmitter, x: Handle, indices: Handle, *, axis: int) -> Handle:
    """Along the other axes both are as large."""
    at = axis % x.ndim
    pairs = list(zip(b.sizes(x), b.sizes(indices), strict=True))
    same = all(p is q or (isinstance(p, int) and p == q) or x.shape[k] == indices.shape[k] or k == at
               for k, (p, q) in enumerate(pairs))  # fmt: skip
    indices = b.convert(indices, int64)
    if not same:
        common = [_common(b, p, q) for p, q in pairs]
        wide_x, wide_indices = list(common), list(common)
        wide_x[at], wide_indices[at] = pairs[at]
        x, indices = b.node("Expand", x, b.vector(wide_x)), b.node("Expand", indices, b.vector(wide_indices))
    return b.node("GatherElements", x, indices, axis=at)


def _common(b: OnnxEmitter, p: Any, q: Any) -> Any:
    return b.select(b.eq(p, 1), q, p)


def nonzero_onnx(b: OnnxEmitter, x: Handle) -> tuple[Handle, ...]:
    found = b.node("NonZero", b.convert(x, bool_), dtype=int64)
    return tuple(b.node("Gather", found, b.tensor(axis, int64)) for axis in range(x.ndim))
