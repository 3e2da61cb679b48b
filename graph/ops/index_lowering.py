"""Indexing as native code: views where all items are numbers and slices, gathers where arrays name the elements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graph.aval import Aval, Type
from graph.dtypes import int64, is_bool
from graph.ir.emitter import Emitter
from graph.ir.lowering import Decomposed, Gather, LoopEmitter, Loops, Lowering, View
from graph.ops.index_rules import DYNAMIC, ELLIPSIS, Index
from graph.ops.places import count_of, each, each_chosen, places_of

Size = Any
Sizes = tuple[Any, ...]
ALL = slice(None)


@dataclass(frozen=True, slots=True)
class IndexItem:
    """What an item of an index does: takes one axis at a number or along a slice, or adds an axis."""

    kind: str
    """"new", "number", "slice", "array" or "flag": a mask of no axes."""
    axis: int
    value: Any = None
    """The number or array, (start, stop, step) of a slice, or how often a flag takes its element: never or once."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The elements that a mask chooses: their indices, an array for each of its axes, and how many they are."""

    mask: Any
    places: tuple[Any, ...]
    count: Size


def expanded(index: Index, ndim: int, dynamic: Sequence[Any]) -> list[IndexItem]:
    """The items one by one, operands in their places; axes that are not named are taken as a whole."""
    rest: Iterator[Any] = iter(dynamic)
    items: list[IndexItem] = []
    axis = 0
    given = [_with_operands(item, rest) for item in (*index, *(() if ELLIPSIS in index else (ELLIPSIS,)))]
    hidden = ndim - sum(_axes_of(value) for value in given)
    for value in given:
        if isinstance(value, str):
            items.extend(IndexItem("slice", axis + k, (None, None, None)) for k in range(hidden))
            axis += hidden
        elif value is None:
            items.append(IndexItem("new", axis))
        elif isinstance(value, tuple):
            items.append(IndexItem("slice", axis, value))
        elif isinstance(value, bool):
            items.append(IndexItem("flag", axis, int(value)))
        elif isinstance(value, _Chosen):
            flags = [IndexItem("flag", axis, value.count)] if not value.places else []
            items.extend(flags or [IndexItem("array", axis + k, place) for k, place in enumerate(value.places)])
        else:
            items.append(IndexItem("array" if _ndim(value) else "number", axis, value))
        axis += 0 if isinstance(value, str) else _axes_of(value)
    return items


def _with_operands(item: Any, rest: Iterator[Any]) -> Any:
    """An item of an index: slices as tuples, "..." as it is."""
    if isinstance(item, slice):
        bounds = cast("slice[Any, Any, Any]", item)
        return tuple(next(rest) if b == DYNAMIC else b for b in (bounds.start, bounds.stop, bounds.step))
    return next(rest) if item == DYNAMIC else item


def _axes_of(value: Any) -> int:
    if value is None or isinstance(value, str | bool):
        return 0
    return len(value.places) if isinstance(value, _Chosen) else 1


def _ndim(x: Any) -> int:
    if isinstance(x, Aval):
        return x.ndim
    kind = getattr(x, "type", None)
    return kind.ndim if isinstance(kind, Aval) else 0


def lower_index(x: Type, *dynamic: Type, index: Index) -> Lowering:
    """A view; for arrays a gather; for masks loops, as how many elements they choose is known at run time only."""
    if _has_masks(index, dynamic):
        return Loops(choose)
    if any(_ndim(t) for t in dynamic):
        return Gather(gather_sizes, gather_element)
    return View(index_sizes, index_element, is_run)


def lower_update(rule: Any, parts: Any) -> Any:
    """The lowering of `index_set` or `index_add`: loops by `rule`, or where one mask names all, `parts`."""

    def lower(x: Aval, v: Aval, *dynamic: Type, index: Index) -> Lowering:
        if not _has_masks(index, dynamic):
            return Loops(rule)
        return Decomposed(parts) if _is_one_mask(x, v, dynamic, index) else Loops(rule)

    return lower


def _has_masks(index: Index, dynamic: Sequence[Type]) -> bool:
    return any(isinstance(item, bool) for item in index) or any(
        is_bool(t.dtype) for t in dynamic if isinstance(t, Aval)
    )


def _is_one_mask(x: Aval, v: Aval, dynamic: Sequence[Type], index: Index) -> bool:
    """Whether one mask, of the very sizes of its axes, and whole axes make up the index; and the value is the same for
    all that is chosen."""
    if len(dynamic) != 1 or not isinstance(dynamic[0], Aval) or any(item not in (ALL, ELLIPSIS, "$") for item in index):
        return False
    first = _mask_axis(x, dynamic[0], index)
    behind = first + dynamic[0].ndim
    return x.shape[first:behind] == dynamic[0].shape and v.ndim <= x.ndim - behind


def _mask_axis(x: Any, mask: Any, index: Index) -> int:
    """The first axis that the only mask of an index is for."""
    at = index.index(DYNAMIC)
    hidden = x.ndim - mask.ndim - sum(item == ALL for item in index)
    return at + (hidden - 1 if ELLIPSIS in index[:at] else 0)


def _mask_for(b: Emitter[Any], x: Any, mask: Any, index: Index) -> Any:
    """The mask, shaped to broadcast with `x`."""
    behind = x.ndim - _mask_axis(x, mask, index) - mask.ndim
    return b.expand_dims(mask, axis=tuple(range(mask.ndim, mask.ndim + behind))) if behind else mask


def set_by_mask(b: Emitter[Any], x: Any, v: Any, mask: Any, *, index: Index) -> Any:
    """`x[mask] = v`, elementwise."""
    return b.where(_mask_for(b, x, mask, index), v, x)


def add_by_mask(b: Emitter[Any], x: Any, v: Any, mask: Any, *, index: Index) -> Any:
    """`x[mask] += v`, elementwise."""
    return b.where(_mask_for(b, x, mask, index), b.add(x, v), x)


def is_run(x: Aval, *dynamic: Type, index: Index) -> bool:
    """Numbers first, then one slice of step 1, then whole axes."""
    is_open = True
    for item in expanded(index, x.ndim, dynamic):
        if item.kind == "new":
            continue
        if item.kind == "slice":
            if item.value == (None, None, None):
                is_open = False
                continue
            if not is_open or isinstance(item.value[2], Aval) or item.value[2] not in (None, 1):
                return False
            is_open = False
        elif not is_open:
            return False
    return True


def _bound(e: LoopEmitter, bound: Any, n: Size, default: Size, low: Size, high: Size) -> Size:
    if bound is None:
        return default
    at = e.select(e.lt(bound, 0), e.add(bound, n), bound)
    return e.select(e.lt(at, low), low, e.select(e.gt(at, high), high, at))


def sliced(e: LoopEmitter, bounds: Any, n: Size) -> tuple[Size, Size, Size]:
    """Start, length and step of a slice of `n` elements, as Python's `slice.indices`."""
    step = 1 if bounds[2] is None else bounds[2]
    if bounds[:2] == (None, None) and isinstance(step, int) and step == 1:
        return 0, n, 1
    is_up = e.gt(step, 0)
    rising = _rising(e, bounds, n, e.select(is_up, step, 1)) if is_up is not False else None
    falling = _falling(e, bounds, n, e.select(is_up, 1, e.neg(step))) if is_up is not True else None
    if rising is None or falling is None:
        start, length = rising or falling or (0, n)
        return start, length, step
    start, length = (e.select(is_up, p, q) for p, q in zip(rising, falling, strict=True))
    return start, length, step


def _rising(e: LoopEmitter, bounds: Any, n: Size, step: Size) -> tuple[Size, Size]:
    start = _bound(e, bounds[0], n, 0, 0, n)
    distance = e.sub(_bound(e, bounds[1], n, n, 0, n), start)
    return start, _count(e, distance, step)


def _falling(e: LoopEmitter, bounds: Any, n: Size, back: Size) -> tuple[Size, Size]:
    last = e.sub(n, 1)
    start = _bound(e, bounds[0], n, last, -1, last)
    distance = e.sub(start, _bound(e, bounds[1], n, -1, -1, last))
    return start, _count(e, distance, back)


def _count(e: LoopEmitter, distance: Size, step: Size) -> Size:
    """How many steps it takes to cover a distance."""
    length = distance if isinstance(step, int) and step == 1 else e.quotient(e.add(distance, e.sub(step, 1)), step)
    return e.select(e.gt(distance, 0), length, 0)


def _wrapped(e: LoopEmitter, i: Any, n: Size) -> Size:
    return e.select(e.lt(i, 0), e.add(i, n), i)


def _is_within(e: LoopEmitter, i: Size, n: Size) -> Any:
    return e.bit_and(e.ge(i, 0), e.lt(i, n))


def index_sizes(e: LoopEmitter, shape: Sizes, *dynamic: Any, index: Index) -> Sizes:
    """The shape of a view; numbers must be within their axes."""
    sizes: list[Size] = []
    for item in expanded(index, len(shape), dynamic):
        match item.kind:
            case "new":
                sizes.append(1)
            case "number":
                e.check(_is_within(e, _wrapped(e, item.value, shape[item.axis]), shape[item.axis]))
            case _:
                _check_step(e, item)
                sizes.append(sliced(e, item.value, shape[item.axis])[1])
    return tuple(sizes)


def _check_step(e: LoopEmitter, item: IndexItem) -> None:
    if item.value[2] is not None:
        e.check(e.ne(item.value[2], 0))


def index_element(e: LoopEmitter, at: Sizes, shape: Sizes, *dynamic: Any, index: Index) -> Sizes:
    """Where an element of a view is."""
    rest = iter(at)
    place: list[Size] = []
    for item in expanded(index, len(shape), dynamic):
        match item.kind:
            case "new":
                next(rest)
            case "number":
                place.append(_wrapped(e, item.value, shape[item.axis]))
            case _:
                start, _, step = sliced(e, item.value, shape[item.axis])
                place.append(e.add(start, e.mul(next(rest), step)))
    return tuple(place)


def _common(e: LoopEmitter, sizes: Sequence[Size]) -> Size:
    """The size of an axis that sizes of arrays broadcast to."""
    size, *others = [n for n in sizes if not isinstance(n, int) or n != 1] or [1]
    for n in others:
        if n is not size and not (isinstance(n, int) and n == size):
            size = e.select(e.eq(n, 1), size, n)
    return size


class _Named:
    """The elements that an index with arrays names: how many, and where they are. Numbers count as arrays."""

    def __init__(self, e: LoopEmitter, shape: Sizes, index: Index, dynamic: Sequence[Any]) -> None:
        """`dynamic`: the operands, integers as int64, masks as `_Chosen`."""
        self.e, self.shape = e, shape
        self.items = expanded(index, len(shape), dynamic)
        advanced = [k for k, item in enumerate(self.items) if item.kind in ("number", "array", "flag")]
        self.shapes = [e.sizes(item.value) for item in self.items if item.kind == "array"]
        self.shapes += [(item.value,) for item in self.items if item.kind == "flag"]
        self.chosen = self._broadcast()
        plain: list[tuple[int, Size]] = []
        self.slices: dict[int, tuple[Size, Size, Size]] = {}
        for k, item in enumerate(self.items):
            if item.kind == "new":
                plain.append((k, 1))
            elif item.kind == "slice":
                self.slices[k] = sliced(e, item.value, self.shape[item.axis])
                plain.append((k, self.slices[k][1]))
        together = not advanced or advanced[-1] - advanced[0] == len(advanced) - 1
        self.lead = sum(k < advanced[0] for k, _ in plain) if together and advanced and self.shapes else 0
        self.plain = [k for k, _ in plain]
        sizes = [n for _, n in plain]
        self.sizes: Sizes = (*sizes[: self.lead], *self.chosen, *sizes[self.lead :])

    def _broadcast(self) -> Sizes:
        e, sizes = self.e, list[Size]()
        for axis in range(max((len(s) for s in self.shapes), default=0), 0, -1):
            sizes.append(_common(e, [s[-axis] for s in self.shapes if len(s) >= axis]))
        return tuple(sizes)

    def check(self, dynamic: Sequence[Any]) -> None:
        """Fail where sizes do not fit, or a number that an array holds is not within its axis."""
        e, axes = self.e, len(self.chosen)
        for s in self.shapes:
            for n, size in zip(s, self.chosen[axes - len(s) :], strict=True):
                e.check(e.bit_or(e.eq(n, 1), e.eq(n, size)))
        masks = {id(place): d for d in dynamic if isinstance(d, _Chosen) for place in d.places}
        for item in self.items:
            if item.kind == "number":
                n = self.shape[item.axis]
                e.check(_is_within(e, _wrapped(e, item.value, n), n))
            elif item.kind == "slice":
                _check_step(e, item)
            elif item.kind == "array" and id(item.value) in masks:
                chosen = masks[id(item.value)]
                at = [place is item.value for place in chosen.places].index(True)
                e.check(e.eq(e.sizes(chosen.mask)[at], self.shape[item.axis]))
            elif item.kind == "array":
                check_indices(e, item.value, self.shape[item.axis])

    def place(self, at: Sequence[Size]) -> Sizes:
        """The index in the tensor of what is at `at` among the elements that are named."""
        e, count = self.e, len(self.chosen)
        chosen = at[self.lead : self.lead + count]
        others = dict(zip(self.plain, (*at[: self.lead], *at[self.lead + count :]), strict=True))
        place: list[Size] = []
        for k, item in enumerate(self.items):
            match item.kind:
                case "number":
                    place.append(_wrapped(e, item.value, self.shape[item.axis]))
                case "array":
                    sizes = e.sizes(item.value)
                    behind = count - len(sizes)
                    own = [
                        i if size is common else e.select(e.eq(size, 1), 0, i)
                        for i, size, common in zip(chosen[behind:], sizes, self.chosen[behind:], strict=True)
                    ]
                    place.append(_wrapped(e, e.convert(e.load(item.value, own), int64), self.shape[item.axis]))
                case "slice":
                    start, _, step = self.slices[k]
                    place.append(e.add(start, e.mul(others[k], step)))
                case _:
                    pass
        return tuple(place)


def _operands(e: LoopEmitter, dynamic: Sequence[Any]) -> list[Any]:
    """What `_Named` takes, for operands that have no masks among them."""
    return [e.convert(d, int64) if _is_scalar(d) else d for d in dynamic]


def _named(e: LoopEmitter, x: Any, dynamic: Sequence[Any], index: Index) -> _Named:
    """What an index names, checked; masks too."""
    operands: list[Any] = []
    for d in dynamic:
        if not is_bool(e.dtype(d)):
            operands.append(e.convert(d, int64) if _is_scalar(d) else e.stored(d))
        elif _is_scalar(d):
            operands.append(_Chosen(d, (), e.convert(d, int64)))
        else:
            stored = e.stored(d)
            operands.append(_Chosen(stored, *places_of(e, stored)))
    named = _Named(e, e.sizes(x), index, operands)
    named.check(operands)
    return named


def check_indices(e: LoopEmitter, indices: Any, n: Size) -> None:
    """Fail unless all of an integer array are in -n .. n-1."""
    signs = e.variable(e.const(0, int64))
    with each(e, e.sizes(indices)) as at:
        i = e.convert(e.load(indices, at), int64)
        wrong = e.bit_or(e.add(i, n), e.sub(e.sub(n, 1), i))  # its sign says so; a sum of signs vectorises
        signs.set(e.bit_or(signs.get(), wrong))
    e.check(e.ge(signs.get(), 0))


def _is_scalar(x: Any) -> bool:
    return not _ndim(x)


def gather_sizes(e: LoopEmitter, x: Any, *dynamic: Any, index: Index) -> Sizes:
    """The shape of what an index with arrays names."""
    return _named(e, x, dynamic, index).sizes


def gather_element(e: LoopEmitter, at: Sizes, x: Any, *dynamic: Any, index: Index) -> Any:
    """One of the elements that an index with arrays names."""
    return e.load(x, _Named(e, e.sizes(x), index, _operands(e, dynamic)).place(at))


def choose(e: LoopEmitter, x: Any, *dynamic: Any, index: Index) -> Any:
    """The elements that an index with masks names."""
    if index == (DYNAMIC,) and e.sizes(x) and len(e.sizes(dynamic[0])) == len(e.sizes(x)):
        return _compressed(e, x, e.stored(dynamic[0]))
    named = _named(e, x, dynamic, index)
    y = e.buffer(e.dtype(x), named.sizes)
    with each(e, named.sizes, parallel=True) as at:
        e.store(y, at, e.load(x, named.place(at)))
    return y


def _compressed(e: LoopEmitter, x: Any, mask: Any) -> Any:
    """The elements where a mask of the same shape is true."""
    for n, size in zip(e.sizes(mask), e.sizes(x), strict=True):
        e.check(e.eq(n, size))
    count = count_of(e, mask)
    y = e.buffer(e.dtype(x), (count,))
    each_chosen(e, mask, count, lambda end, at: e.store(y, (end,), e.load(x, at)))
    return y


def _value_at(e: LoopEmitter, v: Any, at: Sizes) -> Any:
    """The element of a value that broadcasts; it may have leading axes of size 1 too many."""
    sizes = e.sizes(v)
    lead = max(len(sizes) - len(at), 0)
    own = zip(sizes[lead:], at[len(at) - len(sizes) + lead :], strict=True)
    return e.load(v, (*(0 for _ in range(lead)), *(e.select(e.eq(n, 1), 0, i) for n, i in own)))


def _check_value(e: LoopEmitter, v: Any, sizes: Sizes) -> None:
    own = e.sizes(v)
    lead = max(len(own) - len(sizes), 0)
    for n in own[:lead]:
        e.check(e.eq(n, 1))
    for n, wanted in zip(own[lead:], sizes[len(sizes) - len(own) + lead :], strict=True):
        e.check(e.bit_or(e.eq(n, 1), e.eq(n, wanted)))


def set_elements(e: LoopEmitter, x: Any, v: Any, *dynamic: Any, index: Index) -> Any:
    """`x[index] = v`, in the memory of `x` where nobody else needs it."""
    named = _named(e, x, dynamic, index)
    _check_value(e, v, named.sizes)
    y = e.update(x)
    with each(e, named.sizes, parallel=not named.chosen) as at:
        e.store(y, named.place(at), _value_at(e, v, at))
    return y


def add_elements(e: LoopEmitter, x: Any, v: Any, *dynamic: Any, index: Index) -> Any:
    """`x[index] += v`; what is named twice gets both."""
    named = _named(e, x, dynamic, index)
    _check_value(e, v, named.sizes)
    y = e.update(x)
    with each(e, named.sizes, parallel=not named.chosen) as at:
        place = named.place(at)
        e.store(y, place, e.add(e.load(y, place), _value_at(e, v, at)))
    return y


def take_sizes(e: LoopEmitter, x: Any, indices: Any, *, axis: int) -> Sizes:
    """The shape of `take`."""
    shape = e.sizes(x)
    axis %= len(shape)
    check_indices(e, e.stored(indices), shape[axis])
    return (*shape[:axis], *e.sizes(indices), *shape[axis + 1 :])


def take_element(e: LoopEmitter, at: Sizes, x: Any, indices: Any, *, axis: int) -> Any:
    """The place of one axis that an array names."""
    shape, ndim = e.sizes(x), len(e.sizes(indices))
    axis %= len(shape)
    i = e.convert(e.load(indices, at[axis : axis + ndim]), int64)
    return e.load(x, (*at[:axis], _wrapped(e, i, shape[axis]), *at[axis + ndim :]))


def take_along_axis_sizes(e: LoopEmitter, x: Any, indices: Any, *, axis: int) -> Sizes:
    """The shape of `take_along_axis`."""
    shape, chosen = e.sizes(x), e.sizes(indices)
    axis %= len(shape)
    sizes: list[Size] = []
    for k, (n, m) in enumerate(zip(shape, chosen, strict=True)):
        size = m if k == axis else e.select(e.eq(n, 1), m, n)
        if k != axis:
            e.check(e.bit_or(e.eq(m, 1), e.eq(m, size)))
        sizes.append(size)
    check_indices(e, e.stored(indices), shape[axis])
    return tuple(sizes)


def take_along_axis_element(e: LoopEmitter, at: Sizes, x: Any, indices: Any, *, axis: int) -> Any:
    """The element of the same place but for `axis`, where the array says which."""
    shape, chosen = e.sizes(x), e.sizes(indices)
    axis %= len(shape)
    own = [e.select(e.eq(n, 1), 0, i) for n, i in zip(chosen, at, strict=True)]
    i = _wrapped(e, e.convert(e.load(indices, own), int64), shape[axis])
    return e.load(x, [i if k == axis else e.select(e.eq(n, 1), 0, at[k]) for k, n in enumerate(shape)])
