"""Indexing as native code: views where all items are numbers and slices, loops where arrays name the elements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graph.aval import Aval, Type
from graph.dtypes import int64, is_bool
from graph.ir.lowering import Callback, LoopEmitter, Loops, Lowering, View
from graph.ops.index_rules import DYNAMIC, ELLIPSIS, Index

Size = Any
Sizes = tuple[Any, ...]
ALL = slice(None)


@dataclass(frozen=True, slots=True)
class _Item:
    """What an item of an index does: takes one axis at a number or along a slice, or adds an axis."""

    kind: str
    """"new", "number", "slice" or "array"."""
    axis: int
    value: Any = None
    """The number or array, or (start, stop, step) of a slice."""


def expanded(index: Index, ndim: int, dynamic: Sequence[Any]) -> list[_Item]:
    """The items one by one, operands in their places; axes that are not named are taken as a whole."""
    rest: Iterator[Any] = iter(dynamic)
    named = sum(item is not None and item != ELLIPSIS for item in index)
    items: list[_Item] = []
    axis = 0
    for item in (*index, *(() if ELLIPSIS in index else (ELLIPSIS,))):
        if item == ELLIPSIS:
            for _ in range(ndim - named):
                items.append(_Item("slice", axis, (None, None, None)))
                axis += 1
            continue
        if item is None:
            items.append(_Item("new", axis))
            continue
        if isinstance(item, slice):
            bounds = tuple(next(rest) if b == DYNAMIC else b for b in (item.start, item.stop, item.step))
            items.append(_Item("slice", axis, bounds))
        else:
            value = next(rest) if item == DYNAMIC else item
            items.append(_Item("array" if _ndim(value) else "number", axis, value))
        axis += 1
    return items


def _ndim(x: Any) -> int:
    if isinstance(x, Aval):
        return x.ndim
    kind = getattr(x, "type", None)
    return kind.ndim if isinstance(kind, Aval) else 0


def lower_index(x: Type, *dynamic: Type, index: Index) -> Lowering:
    """A view, or for arrays a gather; masks stay in NumPy."""
    if _is_foreign(index, dynamic):
        return Callback("how many elements a mask chooses is known at run time only")
    if any(_ndim(t) for t in dynamic):
        return Loops(gather)
    return View(index_sizes, index_element, is_run)


def lower_update(rule: Any) -> Any:
    """The lowering of `index_set` or `index_add`."""

    def choose(x: Type, v: Type, *dynamic: Type, index: Index) -> Lowering:
        if _is_foreign(index, dynamic):
            return Callback("how many elements a mask chooses is known at run time only")
        if isinstance(x, Aval) and not x.ndim:
            return Callback("a tensor of no axes is not worth a loop")
        return Loops(rule)

    return choose


def _is_foreign(index: Index, dynamic: Sequence[Type]) -> bool:
    """Masks, and steps that the run time knows."""
    steps = any(isinstance(item, slice) and item.step == DYNAMIC for item in index)
    return (
        steps
        or any(isinstance(item, bool) for item in index)
        or any(is_bool(t.dtype) for t in dynamic if isinstance(t, Aval))
    )


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
            if not is_open or item.value[2] not in (None, 1):
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


def _slice(e: LoopEmitter, bounds: Any, n: Size) -> tuple[Size, Size, int]:
    """Start, length and step of a slice of `n` elements, as Python's `slice.indices`."""
    step = 1 if bounds[2] is None else bounds[2]
    if bounds[:2] == (None, None) and step == 1:
        return 0, n, 1
    if step > 0:
        start = _bound(e, bounds[0], n, 0, 0, n)
        stop = _bound(e, bounds[1], n, n, 0, n)
        distance = e.sub(stop, start)
        length = distance if step == 1 else e.quotient(e.add(distance, step - 1), step)
    else:
        last = e.sub(n, 1)
        start = _bound(e, bounds[0], n, last, -1, last)
        stop = _bound(e, bounds[1], n, -1, -1, last)
        distance = e.sub(start, stop)
        length = e.quotient(e.add(distance, -step - 1), -step)
    return start, e.select(e.gt(distance, 0), length, 0), step


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
                sizes.append(_slice(e, item.value, shape[item.axis])[1])
    return tuple(sizes)


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
                start, _, step = _slice(e, item.value, shape[item.axis])
                place.append(e.add(start, e.mul(next(rest), step)))
    return tuple(place)


class _Named:
    """The elements that an index with arrays names: how many, and where they are. Numbers count as arrays."""

    def __init__(self, e: LoopEmitter, x: Any, dynamic: Sequence[Any], index: Index) -> None:
        self.e = e
        self.shape = e.sizes(x)
        scalars = [e.convert(d, int64) if _is_scalar(d) else e.stored(d) for d in dynamic]
        self.items = expanded(index, len(self.shape), scalars)
        advanced = [k for k, item in enumerate(self.items) if item.kind in ("number", "array")]
        arrays = [item.value for item in self.items if item.kind == "array"]
        self.chosen = self._broadcast([e.sizes(a) for a in arrays])
        for item in self.items:
            self._check(item)
        plain: list[tuple[int, Size]] = []
        self.slices: dict[int, tuple[Size, Size, int]] = {}
        for k, item in enumerate(self.items):
            if item.kind == "new":
                plain.append((k, 1))
            elif item.kind == "slice":
                self.slices[k] = _slice(e, item.value, self.shape[item.axis])
                plain.append((k, self.slices[k][1]))
        together = not advanced or advanced[-1] - advanced[0] == len(advanced) - 1
        self.lead = sum(k < advanced[0] for k, _ in plain) if together and advanced and arrays else 0
        self.plain = [k for k, _ in plain]
        sizes = [n for _, n in plain]
        self.sizes: Sizes = (*sizes[: self.lead], *self.chosen, *sizes[self.lead :])

    def _broadcast(self, shapes: Sequence[Sizes]) -> Sizes:
        e, sizes = self.e, list[Size]()
        for axis in range(max((len(s) for s in shapes), default=0), 0, -1):
            met = [s[-axis] for s in shapes if len(s) >= axis]
            size: Size = 1
            for n in met:
                size = e.select(e.eq(n, 1), size, n)
            for n in met:
                e.check(e.bit_or(e.eq(n, 1), e.eq(n, size)))
            sizes.append(size)
        return tuple(sizes)

    def _check(self, item: _Item) -> None:
        """All numbers that an array holds are within the axis."""
        e = self.e
        if item.kind == "number":
            n = self.shape[item.axis]
            e.check(_is_within(e, _wrapped(e, item.value, n), n))
        if item.kind == "array":
            check_indices(e, item.value, self.shape[item.axis])

    def place(self, at: Sequence[Size]) -> Sizes:
        """The index in the tensor of what is at `at` among the elements that are named."""
        e, count = self.e, len(self.chosen)
        chosen = at[self.lead : self.lead + count]
        others = dict(zip(self.plain, (*at[: self.lead], *at[self.lead + count :]), strict=True))
        place: list[Size] = []
        for k, item in enumerate(self.items):
            n = None if item.kind == "new" else self.shape[item.axis]
            match item.kind:
                case "number":
                    place.append(_wrapped(e, item.value, n))
                case "array":
                    sizes = e.sizes(item.value)
                    own = [
                        e.select(e.eq(size, 1), 0, i)
                        for i, size in zip(chosen[count - len(sizes) :], sizes, strict=True)
                    ]
                    place.append(_wrapped(e, e.convert(e.load(item.value, own), int64), n))
                case "slice":
                    start, _, step = self.slices[k]
                    place.append(e.add(start, e.mul(others[k], step)))
                case _:
                    pass
        return tuple(place)


def check_indices(e: LoopEmitter, indices: Any, n: Size) -> None:
    """Fail unless all of an integer array are in -n .. n-1."""
    ok = e.variable(True)
    with each(e, e.sizes(indices)) as at:
        ok.set(e.bit_and(ok.get(), _is_within(e, _wrapped(e, e.convert(e.load(indices, at), int64), n), n)))
    e.check(ok.get())


def _is_scalar(x: Any) -> bool:
    return not _ndim(x)


class each:  # noqa: N801 (reads as a statement)
    """`with each(e, sizes) as index`: loops over all places of a shape, the last axis innermost."""

    def __init__(self, e: LoopEmitter, sizes: Sequence[Size], *, parallel: bool = False) -> None:
        last = len(sizes) - 1
        self._loops = [e.loop(n, parallel=parallel and k == last) for k, n in enumerate(sizes)]

    def __enter__(self) -> Sizes:
        return tuple(loop.__enter__() for loop in self._loops)

    def __exit__(self, *error: Any) -> None:
        for loop in reversed(self._loops):
            loop.__exit__(*error)


def gather(e: LoopEmitter, x: Any, *dynamic: Any, index: Index) -> Any:
    """The elements that an index with arrays names."""
    named = _Named(e, x, dynamic, index)
    y = e.buffer(e.dtype(x), named.sizes)
    with each(e, named.sizes, parallel=True) as at:
        e.store(y, at, e.load(x, named.place(at)))
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
    named = _Named(e, x, dynamic, index)
    _check_value(e, v, named.sizes)
    y = e.update(x)
    with each(e, named.sizes, parallel=not named.chosen) as at:
        e.store(y, named.place(at), _value_at(e, v, at))
    return y


def add_elements(e: LoopEmitter, x: Any, v: Any, *dynamic: Any, index: Index) -> Any:
    """`x[index] += v`; what is named twice gets both."""
    named = _Named(e, x, dynamic, index)
    _check_value(e, v, named.sizes)
    y = e.update(x)
    with each(e, named.sizes, parallel=not named.chosen) as at:
        place = named.place(at)
        e.store(y, place, e.add(e.load(y, place), _value_at(e, v, at)))
    return y


def take_elements(e: LoopEmitter, x: Any, indices: Any, *, axis: int) -> Any:
    """The places of one axis that an array names."""
    shape, chosen = e.sizes(x), e.sizes(indices)
    axis %= len(shape)
    indices = e.stored(indices)
    check_indices(e, indices, shape[axis])
    y = e.buffer(e.dtype(x), (*shape[:axis], *chosen, *shape[axis + 1 :]))
    with each(e, e.sizes(y), parallel=True) as at:
        i = e.convert(e.load(indices, at[axis : axis + len(chosen)]), int64)
        place = (*at[:axis], _wrapped(e, i, shape[axis]), *at[axis + len(chosen) :])
        e.store(y, at, e.load(x, place))
    return y


def take_along_axis_elements(e: LoopEmitter, x: Any, indices: Any, *, axis: int) -> Any:
    """At each place, the element of the same place but for `axis`, where the array says which."""
    shape, chosen = e.sizes(x), e.sizes(indices)
    axis %= len(shape)
    indices = e.stored(indices)
    sizes: list[Size] = []
    for k, (n, m) in enumerate(zip(shape, chosen, strict=True)):
        size = m if k == axis else e.select(e.eq(n, 1), m, n)
        if k != axis:
            e.check(e.bit_or(e.eq(m, 1), e.eq(m, size)))
        sizes.append(size)
    check_indices(e, indices, shape[axis])
    y = e.buffer(e.dtype(x), sizes)
    with each(e, sizes, parallel=True) as at:
        own = [e.select(e.eq(n, 1), 0, i) for n, i in zip(chosen, at, strict=True)]
        i = _wrapped(e, e.convert(e.load(indices, own), int64), shape[axis])
        place = [i if k == axis else e.select(e.eq(n, 1), 0, at[k]) for k, n in enumerate(shape)]
        e.store(y, at, e.load(x, place))
    return y
