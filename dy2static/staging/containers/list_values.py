"""What the methods of a graph list do: each becomes list ops on every graph value that an element is made of."""

import contextlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.staging.advice import kinds_of
from dy2static.staging.containers import lists_written_out
from dy2static.staging.containers.list_text import layout_of, layout_of_text
from dy2static.staging.containers.lists import NO_INDEX, StageableList, StagedList
from dy2static.staging.locate import user_location
from dy2static.staging.objects.made import changed
from dy2static.staging.values.chosen_objects import can_choose, place_of
from dy2static.staging.values.optional import maybe_none
from dy2static.staging.values.spec import (
    ListSpec,
    Spec,
    StaleSpec,
    TensorSpec,
    apart,
    element_types,
    keeps_places,
    pack,
    spec_of,
    unpack,
)
from dy2static.staging.values.staged import PYTHON_NUMBERS, StagedNumber
from dy2static.staging.values.taped_ops import append_op
from dy2static.staging.values.unify import MismatchError, as_element, as_list, unify
from eager.creation import asarray
from eager.tensor import Tensor
from graph.dtypes import DType, float64, int64
from graph.ir.value import Value
from graph.ops.regions import join_types
from graph.ops.text_of_list import ITEMS, JOINED

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


def _usable(spec: Spec) -> Spec:
    """The description. Raises: StagingError for a tensor that another name has changed in place."""
    if isinstance(spec, StaleSpec):
        raise spec.stale.refused()
    return spec


@dataclass(slots=True)
class Walk:
    """A loop of the graph over lists, while it is staged."""

    lists: tuple[StageableList, ...]
    are_fixed: bool
    """Whether their items stay what they are, too."""
    is_disturbed: bool = False
    """Whether its body was seen to change them otherwise."""


class ListValues:
    """List operations of one staging."""

    def __init__(self, stager: "Stager") -> None:
        self._stager = stager
        self._walks: list[Walk] = []
        """Of the loops of the graph being staged."""

    # Between Python values and graph values

    def display(self, items: Iterable[Any]) -> StageableList:
        """A new list."""
        made = StageableList(items)
        self._stager.cells.born(made)
        return made

    def pack(self, element: Spec, value: StageableList) -> list[Value]:
        """The graph values of a list whose elements `element` covers."""
        held = value.staged
        if held is None:
            columns = [self._parts(value, element, item) for item in value.ordinary()]
            return [
                self._op("list_make", *(column[i] for column in columns), element=t)
                for i, t in enumerate(element_types(element))
            ]
        if held.element is None:
            return [self._op("list_make", element=t) for t in element_types(element)]
        return list(self._widened(held, element))

    def unpack(self, spec: ListSpec, values: Iterator[Value]) -> StageableList:
        """The list that graph values stand for."""
        count = 0 if spec.element is None else len(element_types(spec.element))
        made = StageableList((), StagedList(spec.element, tuple(next(values) for _ in range(count))))
        self._stager.cells.born(made)
        return made

    def become_staged(self, items: StageableList) -> None:
        """Move the elements of a Python list into the graph."""
        if items.staged is not None:
            return
        try:
            spec = as_list(spec_of(items, self._stager), self._stager.fresh_dim)
        except MismatchError as error:
            raise self._mixed(error) from None
        assert isinstance(spec, ListSpec)
        values = () if spec.element is None else tuple(self.pack(spec.element, items))
        items.become(StagedList(spec.element, values))

    def _mixed(self, error: MismatchError) -> StagingError:
        mixed = StagingError(
            f"a list that changes under control flow of the graph holds {error.a} and {error.b}; its elements need "
            "one type.",
            next_step="give the elements one dtype and rank, or keep them in separate lists.",
            loc=user_location(),
        )
        mixed.kinds = kinds_of(error.a, error.b)
        return mixed

    def _element(self, items: StageableList, item: Any) -> Spec:
        """The description of elements once `item` is among them."""
        spec = as_element(apart(spec_of(item, self._stager), self._stager))
        changed(spec, _usable)
        return self._common(items, spec)

    def _common(self, items: StageableList, element: Spec) -> Spec:
        """The description of elements once others are among them."""
        assert items.staged is not None
        if items.staged.element is None:
            return element
        try:
            return as_element(unify(items.staged.element, element, self._stager.fresh_dim))
        except MismatchError as error:
            raise self._mixed(error) from None

    def _held(self, items: StageableList, element: Spec) -> Sequence[Value]:
        """The graph lists of `items`, ready to take such an element."""
        assert items.staged is not None
        if items.staged.element is None:
            return self._empty(element)
        return self._widened(items.staged, element)

    def _empty(self, element: Spec) -> tuple[Value, ...]:
        return tuple(self._op("list_make", element=t) for t in element_types(element))

    def _widened(self, held: StagedList, element: Spec) -> tuple[Value, ...]:
        """The graph lists with elements that `element` describes: it covers theirs. Those made of other values, such
        as tensors of which one may now be None, are put into new lists one by one."""
        assert held.element is not None
        before, after = element_types(held.element), element_types(element)
        are_joined = len(before) == len(after) and all(join_types(a, b) for a, b in zip(before, after, strict=True))
        if are_joined and keeps_places(held.element, element):
            return held.values
        made = StageableList((), StagedList(element, self._empty(element)))
        self._stager.cells.born(made)
        self._stager.call(lists_written_out.append_each, (made, StageableList((), held)), {})
        assert made.staged is not None
        return made.staged.values

    def _parts(self, items: StageableList, element: Spec, item: Any) -> list[Value]:
        cells, builder = self._stager.cells, self._stager.builder
        self._stager.sharing.elements.store(
            items, item, lambda x: cells.changes_in_loop(x, builder), lambda x: cells.is_of_trip(x, builder)
        )
        return pack(element, item, self._stager) or [self._stager.builder.constant(True)]

    def _item(self, items: StageableList, values: Iterable[Value]) -> Any:
        assert items.staged is not None
        assert items.staged.element is not None
        return self._stager.sharing.elements.take(unpack(items.staged.element, iter(list(values)), self._stager))

    def _index(self, index: Any) -> Value:
        self._stager.builder.loc = user_location()
        if (
            isinstance(index, Tensor)
            and not isinstance(index, StagedNumber)
            and (index.ndim or index.dtype.kind not in "iu")
        ):
            raise TypeError(NO_INDEX)
        if isinstance(index, StagedNumber) and index.dtype.kind == "b":
            return self._stager.cast_to(index, int64)
        return self._stager.lift(index)

    def _nonempty(self, items: StageableList, text: str = "list index out of range") -> tuple[Value, ...]:
        assert items.staged is not None
        if items.staged.element is None:
            raise IndexError(text)
        return items.staged.values

    def _op(self, name: str, *operands: Value, **attrs: Any) -> Any:
        return append_op(self._stager, name, *operands, **attrs)

    # Methods

    def append(self, items: StageableList, item: Any) -> None:
        b = self._stager.builder
        b.loc = user_location()
        element = self._element(items, item)
        lists = self._held(items, element)
        pairs = zip(lists, self._parts(items, element, item), strict=True)
        items.staged = StagedList(element, tuple(self._op("list_append", v, x) for v, x in pairs))

    def extend(self, items: StageableList, more: Iterable[Any]) -> None:
        if not (isinstance(more, StageableList) and more.staged is not None):
            for item in more:
                self.append(items, item)
            return
        if more.staged.element is None:
            return
        self._stager.sharing.elements.share()
        assert items.staged is not None
        if items.staged.element is None:
            items.staged = more.staged
            return
        b = self._stager.builder
        b.loc = user_location()
        element = self._common(items, more.staged.element)
        pairs = zip(self._held(items, element), self._widened(more.staged, element), strict=True)
        items.staged = StagedList(element, tuple(self._op("list_concat", x, y) for x, y in pairs))

    def insert(self, items: StageableList, index: Any, item: Any) -> None:
        at = self._index(index)
        element = self._element(items, item)
        lists = self._held(items, element)
        pairs = zip(lists, self._parts(items, element, item), strict=True)
        items.staged = StagedList(element, tuple(self._op("list_insert", v, at, x) for v, x in pairs))

    def pop(self, items: StageableList, index: Any) -> Any:
        at = self._index(index)
        pairs = [self._op("list_pop", v, at) for v in self._nonempty(items, "pop from empty list")]
        assert items.staged is not None
        items.staged = StagedList(items.staged.element, tuple(rest for rest, _ in pairs))
        return self._item(items, (popped for _, popped in pairs))

    def reverse(self, items: StageableList) -> None:
        assert items.staged is not None
        b = self._stager.builder
        b.loc = user_location()
        items.staged = StagedList(items.staged.element, tuple(self._op("list_reverse", v) for v in items.staged.values))

    def item(self, items: StageableList, index: Any) -> Any:
        """`items[index]` of a list that is not in the graph, at an index or slice that only the graph knows."""
        if isinstance(index, slice) or maybe_none(index) is not None or not can_choose(items):
            return self.get(items.as_staged(), index)
        if self._stager.chooses_objects:
            return self._stager.choose(items, place_of(self._stager, index, len(items), "list"))
        try:
            return self.get(items.as_staged(), index)
        except StagingError as error:
            error.is_of_choice = True
            raise

    def get(self, items: StageableList, index: Any) -> Any:
        if isinstance(index, slice):
            return self._slice(items, cast(slice, index))
        at = self._index(index)
        return self._item(items, [self._op("list_get", v, at, checked=True) for v in self._nonempty(items)])

    def _slice(self, items: StageableList, index: slice) -> StageableList:
        assert items.staged is not None
        named = [(name, getattr(index, name)) for name in ("start", "stop", "step")]
        given = tuple(name for name, bound in named if bound is not None)
        bounds = [self._index(bound) for _, bound in named if bound is not None]
        values = tuple(self._op("list_slice", v, *bounds, given=given) for v in items.staged.values)
        made = StageableList((), StagedList(items.staged.element, values))
        self._stager.sharing.elements.share()
        self._stager.cells.born(made)
        return made

    def set(self, items: StageableList, index: Any, item: Any) -> None:
        if isinstance(index, slice):
            self._replace_slice(items, cast(slice, index), item)
            return
        at = self._index(index)
        self._nonempty(items, "list assignment index out of range")
        element = self._element(items, item)
        lists = self._held(items, element)
        pairs = zip(lists, self._parts(items, element, item), strict=True)
        items.staged = StagedList(element, tuple(self._op("list_set", v, at, x, checked=True) for v, x in pairs))

    def delete(self, items: StageableList, index: Any) -> None:
        if isinstance(index, slice):
            self._replace_slice(items, cast(slice, index), ())
            return
        self.pop(items, index)

    def _replace_slice(self, items: StageableList, index: slice, new: Any) -> None:
        """`items[a:b] = new`, and with none of these `del items[a:b]`."""
        if index.step is not None and index.step != 1:
            self.unsupported("a change of a slice with steps")
        if not hasattr(cast(object, new), "__iter__"):
            [][:] = new  # raises TypeError, in the words of this Python
        self._stager.sharing.elements.share()
        made = self._stager.call(lists_written_out.with_slice, (items, index.start, index.stop, new), {})
        items.staged = made.as_staged().staged

    def length(self, items: StageableList) -> Any:
        assert items.staged is not None
        if items.staged.element is None:
            return 0
        return StagedNumber.of(self._op("list_len", items.staged.values[0]))

    def stack(self, items: StageableList, axis: int) -> Any:
        return self._joined("list_stack", items, axis)

    def gather(self, items: StageableList, dtype: DType | None) -> Tensor:
        """What `asarray` makes of a list: of no elements an empty tensor, of floats where no dtype is given. Where that
        is another type than the elements have, a run raises what `stack` does."""
        if items.staged is None:
            return asarray([self._gathered(item) for item in items], dtype=dtype)
        element = items.staged.element
        if element is None:
            return asarray([], dtype=dtype)
        numbers = element.aval.dtype if isinstance(element, TensorSpec) and not element.aval.ndim else None
        if numbers is not None and (dtype is not None or numbers == float64):
            return self._stager.call(lists_written_out.as_tensor, (items, dtype or numbers), {})
        return asarray(self.stack(items, 0), dtype=dtype)

    def _gathered(self, item: Any) -> Any:
        """An item for `asarray`: lists in lists as Python's."""
        if not isinstance(item, StageableList):
            return item
        return [self._gathered(x) for x in item] if item.staged is None else self.gather(item, None)

    def concat(self, items: StageableList, axis: int) -> Any:
        return self._joined("list_concat_tensors", items, axis)

    def _joined(self, op: str, items: StageableList, axis: int) -> Any:
        b = self._stager.builder
        b.loc = user_location()
        values = self._nonempty(items)
        if len(values) != 1:
            self.unsupported("stacking a list whose elements are not tensors")
        joined = self._op(op, values[0], axis=axis)
        return self._stager.handle(self._stager.stop(joined) if self._stager.is_cut() else joined)

    @contextlib.contextmanager
    def walking(self, lists: Iterable[StageableList], *, are_fixed: bool = False) -> Generator[Walk]:
        """Within, a loop goes over these lists. How often it runs is settled before its first trip, so they may not
        change their length; nor their items, where `are_fixed`."""
        self._walks.append(Walk(tuple(lists), are_fixed))
        try:
            yield self._walks[-1]
        finally:
            self._walks.pop()

    def check_not_walked(self, changing: StageableList, resizes: bool) -> None:
        """Raises: StagingError where a loop of the graph goes over the list that is to change."""
        for walk in self._walks:
            if (resizes or walk.are_fixed) and any(held is changing for held in walk.lists):
                walk.is_disturbed = True
                self.refuse_walk()

    def refuse_walk(self) -> NoReturn:
        """The error for a list that a loop goes over, and that changes under control flow of the graph meanwhile."""
        raise StagingError(
            "the list is changed while a loop goes over it, and the graph decides how often",
            next_step="go over a copy, `for item in list(items):`, or count, `while i < len(items):`.",
            loc=user_location(),
        )

    def form_of_items(self, element: Spec) -> str:
        """The form of a list in texts. Raises: StagingError where code of the user's says what its items look like."""
        layout = layout_of(element)
        if layout is None:
            self.unsupported(f"the text of items that are {element}")
        return f"{ITEMS}{layout!r}"

    def form_of_joined(self, between: str, items: StageableList, element: Spec) -> str | None:
        """The form of its items put together; None where they are no texts: if there are any, the run raises that."""
        layout = layout_of_text(element)
        if layout is not None:
            return f"{JOINED}{(between, layout)!r}"
        if not isinstance(element, TensorSpec):
            self.unsupported(f"`join` of items that are {element}")
        b = self._stager.builder
        b.loc = user_location()
        kind = PYTHON_NUMBERS[element.aval.dtype.kind].__name__ if element.weak else "Tensor"
        text = f"sequence item 0: expected str instance, {kind} found"
        b.check(self._stager.predicate(items.length() == 0), error="TypeError", parts=(text,), forms=())
        return None

    def no_array(self) -> NoReturn:
        """The error for a graph list that NumPy is given."""
        raise StagingError(
            "NumPy asks for the items of a list that changes under control flow of the graph, and there are none while "
            "the graph is built",
            next_step="make a tensor of it first, with `eager.asarray` or `eager.stack`.",
            loc=user_location(),
        )

    def spread(self) -> NoReturn:
        """The error where Python takes the items of a graph list one by one."""
        raise StagingError(
            "the items of a list are taken one by one while the graph is made, and it alone knows how many there are",
            next_step="go over it with a `for`, or keep it a list (`[*items, x]`, `list(items)`, slices); "
            "a tuple, a set and `f(*items)` need the number of items.",
            loc=user_location(),
        )

    def unsupported(self, what: str) -> NoReturn:
        """The error for what graph lists cannot do."""
        raise StagingError(
            f"{what}: not available on a list that changes under control flow of the graph",
            next_step="use append, pop, insert, extend, indexing, slices, `len`, or a `for` over the list.",
            loc=user_location(),
        )
