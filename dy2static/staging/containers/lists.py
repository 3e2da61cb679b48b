"""Lists of converted code: Python lists until control flow of the graph changes their length, then graph lists."""

import copy
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, SupportsIndex, cast

import numpy as np

from dy2static.staging.containers import lists_written_out
from dy2static.staging.values.chosen import is_chosen
from dy2static.staging.values.shown import mark_of
from dy2static.staging.values.staged import PYTHON_NUMBERS, StagedNumber, StagedTensor, current, may_be_none, the_stager
from eager.pytree import register_pytree
from eager.tensor import Tensor
from graph.dtypes import DType
from graph.ir.value import Value

if TYPE_CHECKING:
    from dy2static.staging.values.spec import Spec

NO_INDEX: Final = "only integer scalar arrays can be converted to a scalar index"
"""What Python, or NumPy, says of a tensor that is no index."""


class StagedList:
    """The value of a graph list: one list of the graph for each graph value that an element is made of."""

    __slots__ = ("_element", "_values")

    def __init__(self, element: "Spec | None", values: tuple[Value, ...]) -> None:
        self._element = element
        self._values = values

    @property
    def element(self) -> "Spec | None":
        """What an element is made of; None where there was none yet."""
        return self._element

    @property
    def values(self) -> tuple[Value, ...]:
        """The lists of the graph."""
        return self._values


class StageableList(list[Any]):
    """A list whose changes staged control flow can see.

    While `staged` is None it is an ordinary list. Otherwise its elements are in the graph, the list beneath is empty.
    """

    __slots__ = ("__weakref__", "staged")

    def __init__(self, items: Iterable[Any] = (), staged: StagedList | None = None) -> None:
        super().__init__(items)
        self.staged: StagedList | None = staged

    def _changing(self, *, resizes: bool = True) -> bool:
        """Note the change that comes; whether it is one of a graph list."""
        stager = current()
        if stager is not None:
            stager.lists.check_not_walked(self, resizes)
            stager.cells.touch_list(self)
        return self.staged is not None

    def _changing_at(self, index: Any, *, resizes: bool = True) -> bool:
        """The same for a change at an index, or slice: one that only the graph knows moves the items into the graph."""
        if not self._changing(resizes=resizes) and any(isinstance(x, StagedTensor) for x in _parts(index)):
            the_stager().lists.become_staged(self)
        return self.staged is not None

    def append(self, item: Any, /) -> None:
        if self._changing():
            the_stager().lists.append(self, item)
        else:
            super().append(item)

    def extend(self, items: Iterable[Any], /) -> None:
        if hasattr(type(items), "__drains__"):
            items = cast(Any, items).drained()
        is_of_graph = self._changing()
        if isinstance(items, StageableList) and items.staged is not None:
            the_stager().lists.become_staged(self)
            is_of_graph = True
        if is_of_graph:
            the_stager().lists.extend(self, items)
        else:
            super().extend(items)

    def insert(self, index: SupportsIndex, item: Any, /) -> None:
        if self._changing_at(index):
            the_stager().lists.insert(self, index, item)
        else:
            super().insert(index, item)

    def pop(self, index: SupportsIndex = -1, /) -> Any:
        if self._changing_at(index):
            return the_stager().lists.pop(self, index)
        return super().pop(index)

    def clear(self) -> None:
        if self._changing():
            self.staged = None
        super().clear()

    def reverse(self) -> None:
        if self._changing(resizes=False):
            the_stager().lists.reverse(self)
        else:
            super().reverse()

    def sort(self, *, key: Any = None, reverse: bool = False) -> None:
        self._changing(resizes=False)
        stager = current()
        if stager is None:
            super().sort(key=key, reverse=reverse)
        else:
            self.replace(stager.call(sorted, (self,), {"key": key, "reverse": reverse}))

    def remove(self, item: Any, /) -> None:
        if self._is_known(item):
            self._changing()
            super().remove(item)
        else:
            self._ask(lists_written_out.remove_from, item)

    def index(self, item: Any, start: Any = 0, stop: Any = sys.maxsize, /) -> Any:
        if self._is_known(item, start, stop):
            return super().index(item, start, stop)
        return self._ask(lists_written_out.index_of, item, start, stop)

    def count(self, item: Any, /) -> Any:
        return super().count(item) if self._is_known(item) else self._ask(lists_written_out.count_in, item)

    def holds(self, item: Any) -> Any:
        """Whether `item` is in the list: staged where only the graph knows."""
        return super().__contains__(item) if self._is_known(item) else self._ask(lists_written_out.is_in, item)

    def __contains__(self, item: Any, /) -> bool:
        return bool(self.holds(item))

    def __eq__(self, other: object, /) -> Any:
        return self._compared(operator.eq, super().__eq__, other)

    def __ne__(self, other: object, /) -> Any:
        return self._compared(operator.ne, super().__ne__, other)

    def __lt__(self, other: Any, /) -> Any:
        return self._compared(operator.lt, super().__lt__, other)

    def __le__(self, other: Any, /) -> Any:
        return self._compared(operator.le, super().__le__, other)

    def __gt__(self, other: Any, /) -> Any:
        return self._compared(operator.gt, super().__gt__, other)

    def __ge__(self, other: Any, /) -> Any:
        return self._compared(operator.ge, super().__ge__, other)

    def _compared(self, compare: Callable[[Any, Any], Any], known: Callable[[Any], Any], other: Any) -> Any:
        if not isinstance(other, list) or self._is_known(cast(object, other)):
            return known(cast(object, other))
        if compare in (operator.eq, operator.ne):
            return self._ask(lists_written_out.are_equal if compare is operator.eq else lists_written_out.differ, other)
        return self._ask(lists_written_out.are_in_order, other, compare)

    def _is_known(self, *others: Any) -> bool:
        """Whether Python can compare the items with these values by itself: none of them is in the graph."""
        return not any(map(is_of_graph, (self, *others)))

    def _ask(self, written_out: Any, *args: Any) -> Any:
        """What a function of `lists_written_out` says of this list."""
        stager = the_stager()
        for item in args:
            is_alone = item is not None and cast("type[Any]", type(item)).__eq__ is object.__eq__
            if self.staged is not None and is_alone and not callable(item):
                stager.lists.unsupported("comparing objects that are equal to themselves only")
        return stager.call(written_out, (self, *args), {})

    def __mul__(self, times: Any, /) -> Any:
        if may_be_none(times):
            return NotImplemented
        if isinstance(times, Tensor):
            _check_times(times)
            return self._ask(lists_written_out.repeated, times)
        if not hasattr(times, "__index__"):
            kind = cast("type[Any]", type(times))
            if kind.__module__ != "builtins" and not isinstance(times, list):
                return NotImplemented
            raise TypeError(f"can't multiply sequence by non-int of type {kind.__name__!r}")
        if self.staged is not None:
            return self._ask(lists_written_out.repeated, operator.index(times))
        made = super().__mul__(times)
        return _born(StageableList(made))

    __rmul__ = __mul__

    def __imul__(self, times: Any, /) -> Any:
        made = self * times
        self._changing()
        self.replace(made)
        return self

    def __getitem__(self, index: Any, /) -> Any:
        if self.staged is not None:
            return the_stager().lists.get(self, index)
        if any(isinstance(x, StagedTensor) for x in _parts(index)):
            return the_stager().lists.item(self, index)
        found = super().__getitem__(index)
        return _born(StageableList(found)) if isinstance(index, slice) else found

    def __setitem__(self, index: Any, item: Any, /) -> None:
        resizes = isinstance(index, slice)
        if resizes and isinstance(item, StageableList) and item.staged is not None:
            self._changing()
            the_stager().lists.become_staged(self)
        if self._changing_at(index, resizes=resizes):
            the_stager().lists.set(self, index, item)
        else:
            super().__setitem__(index, item)

    def __delitem__(self, index: Any, /) -> None:
        if self._changing_at(index):
            the_stager().lists.delete(self, index)
        else:
            super().__delitem__(index)

    def __iadd__(self, items: Iterable[Any], /) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_walked = may_be_none(items) or is_chosen(items)
        found = NotImplemented if is_walked else _of_right("__radd__", items, self)
        if found is not NotImplemented:  # such as an array's
            return found
        self.extend(items)
        return self

    def __add__(self, other: Any, /) -> Any:
        if not isinstance(other, list):
            found = _of_right("__radd__", other, self)
            return super().__add__(other) if found is NotImplemented else found  # which says what is wrong
        joined = self.copy()
        joined.extend(other)  # pyright: ignore[reportUnknownArgumentType]
        return joined

    def __len__(self) -> int:
        if self.staged is not None:
            length = self.length()
            return length if isinstance(length, int) else the_stager().to_python(length, "index")
        return super().__len__()

    def __iter__(self) -> Iterator[Any]:
        if self.staged is not None:
            the_stager().lists.spread()
        return super().__iter__()

    def __bool__(self) -> bool:
        if self.staged is not None:
            return bool(self.length() > 0)
        return super().__len__() > 0

    def __repr__(self) -> str:
        return super().__repr__() if self.staged is None else mark_of(self, "r", shown="<staged list>")

    def copy(self) -> "StageableList":
        """Another list of the same elements."""
        if self.staged is not None:
            the_stager().sharing.elements.share()
        return self.twin()

    def __copy__(self) -> "StageableList":
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> "StageableList":
        made = memo[id(self)] = self.twin()
        for i, item in enumerate(made.ordinary()):
            list[Any].__setitem__(made, i, copy.deepcopy(item, memo))
        return made

    def twin(self) -> "StageableList":
        """A copy for the stager's own use: of the two, one at most is seen by the user's code."""
        return _born(StageableList(() if self.staged is not None else self, self.staged))

    def length(self) -> Any:
        """The number of elements, staged for a graph list."""
        if self.staged is not None:
            return the_stager().lists.length(self)
        return super().__len__()

    def as_staged(self) -> "StageableList":
        """The same elements as a graph list; this list stays what it is."""
        if self.staged is not None:
            return self
        made = self.twin()
        the_stager().lists.become_staged(made)
        return made

    def become(self, staged: StagedList) -> None:
        """Hold a graph list from now on."""
        self.staged = staged
        super().clear()

    def replace(self, other: "StageableList") -> None:
        """Take the elements of `other`, unseen by anyone."""
        self.staged = other.staged
        super().clear()
        super().extend(other.ordinary())

    def ordinary(self) -> list[Any]:
        """The elements that are not in the graph."""
        return [*super().__iter__()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """For NumPy, to which a list is a sequence only where it says nothing else.

        Raises: StagingError for a list of the graph.
        """
        return np.array(_plain(self), dtype)

    def __stack__(self, axis: int) -> Any:
        return the_stager().lists.stack(self.as_staged(), axis)

    def __gather__(self, dtype: DType | None) -> Tensor:
        return the_stager().lists.gather(self, dtype)

    def __concat__(self, axis: int) -> Any:
        return the_stager().lists.concat(self.as_staged(), axis)

    __hash__ = None  # pyright: ignore[reportAssignmentType]


# Messages of Python, and ours, name the class: to the program it is a list.
StageableList.__name__ = StageableList.__qualname__ = "list"


def _plain(items: StageableList) -> list[Any]:
    """The list as one of Python's, with those in it.

    Raises: StagingError for a list of the graph.
    """
    if items.staged is not None:
        the_stager().lists.no_array()
    return [_plain(item) if isinstance(item, StageableList) else item for item in items.ordinary()]


def _born(made: StageableList) -> StageableList:
    """A list that was made just now: nobody outside of the block being staged sees its changes."""
    stager = current()
    if stager is not None:
        stager.cells.born(made)
    return made


def _parts(index: Any) -> tuple[Any, ...]:
    if not isinstance(index, slice):
        return (index,)
    bounds = cast(Any, index)
    return bounds.start, bounds.stop, bounds.step


def _check_times(times: Tensor) -> None:
    """Raises: TypeError, with Python's text, for what a list cannot be repeated by."""
    kind = times.dtype.kind
    if isinstance(times, StagedNumber):
        if kind not in "bi":
            raise TypeError(f"can't multiply sequence by non-int of type {PYTHON_NUMBERS[kind].__name__!r}")
    elif times.ndim or kind not in "iu":
        raise TypeError(NO_INDEX)


def _of_right(method: str, right: Any, left: Any) -> Any:
    """What the right operand says of an operator: Python asks it before it takes the left one for a sequence."""
    cls = cast("type[Any]", type(right))
    return getattr(cls, method)(right, left) if hasattr(cls, method) else NotImplemented


def is_of_graph(value: Any) -> bool:
    """Whether what a value is equal to is known only when the graph runs."""
    if isinstance(value, StageableList) and value.staged is not None:
        return True
    if isinstance(value, list | tuple | dict):
        held: Any = cast(Any, value)
        return any(map(is_of_graph, held.values() if isinstance(value, dict) else held))
    return isinstance(value, StagedTensor) or is_chosen(value)


def _flatten(items: StageableList) -> tuple[list[Any], None]:
    return list(items), None


def _unflatten(aux: Any, items: Sequence[Any]) -> StageableList:
    return StageableList(items)


register_pytree(StageableList, _flatten, _unflatten)
