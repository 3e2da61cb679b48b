"""Stores to attributes and items, and augmented assignment."""

import operator
from collections import deque
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, cast

import numpy as np

from dy2static.errors import StagingError
from dy2static.runtime import graph_keys
from dy2static.runtime.callables.builtins import setattr_
from dy2static.runtime.callables.changed_by_call import added, changing
from dy2static.runtime.calls import call
from dy2static.runtime.missing_keys import has_defaults, read
from dy2static.runtime.starred import spread
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.queues import Queue
from dy2static.staging.locate import user_location
from dy2static.staging.objects.changeable import own_handle
from dy2static.staging.objects.contents import touch_content
from dy2static.staging.values.chosen import each, is_chosen
from dy2static.staging.values.chosen_objects import are_objects, place_of
from dy2static.staging.values.optional import kind_of, maybe_none, present
from dy2static.staging.values.staged import StagedNumber, StagedTensor, current, the_stager
from eager.tensor import Tensor

MOST_CHANGED: Final = 64
"""How many tensors of a list may be the one that changes in place: each has a branch."""
NO_NONE: Final = "list indices must be integers or slices, not NoneType"
IN_PLACE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    symbol: getattr(operator, name)
    for symbol, name in {
        "+": "iadd",
        "-": "isub",
        "*": "imul",
        "/": "itruediv",
        "//": "ifloordiv",
        "%": "imod",
        "**": "ipow",
        "@": "imatmul",
        "&": "iand",
        "|": "ior",
        "^": "ixor",
        "<<": "ilshift",
        ">>": "irshift",
    }.items()
}
TAKES_ITEMS: Final[dict[str, tuple[type[Any], ...]]] = {"+": (list, deque, Queue), "|": (dict,)}
"""The containers that take items by an operator."""


def set_attr(obj: Any, name: str, value: Any) -> None:
    """`obj.name = value`."""
    stager = current()
    if stager is None:
        setattr(obj, name, value)
    else:
        setattr_(stager, obj, name, value)


def set_item(container: Any, key: Any, value: Any) -> None:
    """`container[key] = value`."""
    stager = current()
    if is_chosen(container):
        each(container, lambda option: set_item(option, key, value))
        return
    if is_chosen(key):
        each(key, lambda option: set_item(container, option, value))
        return
    if isinstance(key, slice) and isinstance(container, list):
        value = spread(value, "=")
    if stager is None or isinstance(container, Tensor | StageableList):
        container[key] = value
        return
    if isinstance(container, np.ndarray):
        raise StagingError(
            "a NumPy array cannot be stored into from a graph",
            next_step="make it a tensor first: `eager.asarray(array)`.",
            loc=user_location(),
        )
    if isinstance(container, dict):
        if isinstance(key, Tensor) and not graph_keys.is_graph_key(key):
            raise StagingError(
                "a tensor is a key of a dict as the object that it is, and a run has other objects",
                next_step="use its value, `int(x)`, of a dict that has all its keys before, or index a list.",
                loc=user_location(),
            )
        kind = cast("type[Any]", type(cast(Any, container)))
        if isinstance(kind.__setitem__, FunctionType):  # of a class of the user's
            call(kind.__setitem__, container, key, value)
        elif (table := graph_keys.of_run(container, key)) is not None:
            graph_keys.store(stager, table, key, value)
        else:
            stager.cells.put(stager.cells.item(container, key), value)
        return
    if isinstance(container, list):
        stager.cells.touch_list(container)  # pyright: ignore[reportUnknownArgumentType]
        container[key] = value
        return
    touch_content(stager.cells, container)
    owner = cast("type[Any]", type(container))
    if hasattr(owner, "__setitem__"):
        call(owner.__setitem__, container, key, value)
    else:
        container[key] = value  # which says what it lacks


def update(target: Any, symbol: str, value: Any) -> Any:
    """The value of `target` after `target <symbol>= value`."""
    stager = current()
    if are_objects(target):
        return _update_each(target, symbol, value)
    if isinstance(target, TAKES_ITEMS.get(symbol, ())):
        value = added(target, value, f"{symbol}=")
    if isinstance(target, Tensor | int | float | complex) and maybe_none(target) is None:
        text = f"unsupported operand type(s) for {symbol}=: {kind_of(target)!r} and 'NoneType'"
        value = present(value, "TypeError", text)
    if stager is None:
        return IN_PLACE[symbol](target, value)
    return changing(stager, target, lambda: IN_PLACE[symbol](target, value))


def _update_each(target: Any, symbol: str, value: Any) -> Any:
    """The same of an object that the graph chooses: itself, where all that it may be are changed in place."""
    is_new = False

    def updated(option: Any) -> Any:
        nonlocal is_new
        found = update(option, symbol, value)
        is_new |= found is not option
        return None if found is option else found

    found = each(target, updated)
    return found if is_new else target


def update_attr(obj: Any, name: str, symbol: str, value: Any) -> None:
    """`obj.name <symbol>= value`."""
    update_attr_by(obj, name, symbol, lambda: value)


def update_attr_by(obj: Any, name: str, symbol: str, value: Callable[[], Any]) -> None:
    """`obj.name <symbol>= value()`: as in Python, the attribute is read before the value."""
    if is_chosen(obj):
        each(obj, lambda option: update_attr_by(option, name, symbol, value))
        return
    found = getattr(obj, name)
    set_attr(obj, name, update(found, symbol, value()))


def update_item(container: Any, key: Any, symbol: str, value: Any) -> None:
    """`container[key] <symbol>= value`."""
    update_item_by(container, key, symbol, lambda: value)


def update_item_by(container: Any, key: Any, symbol: str, value: Callable[[], Any]) -> None:
    """`container[key] <symbol>= value()`: as in Python, the item is read before the value."""
    if is_chosen(container):
        each(container, lambda option: update_item_by(option, key, symbol, value))
        return
    if is_chosen(key):
        each(key, lambda option: update_item_by(container, option, symbol, value))
        return
    stager = current()
    if stager is not None and (table := graph_keys.of_run(container, key)) is not None:
        graph_keys.update(stager, table, key, lambda found: update(found, symbol, value()))
        return
    if stager is not None and isinstance(key, StagedTensor) and _holds_tensors(container):
        at = place_of(stager, present(key, "TypeError", NO_NONE), len(container), "list")
        places = range(len(container))
        graph_keys.each_of(stager, places, at, lambda i: _update_at(container, i, symbol, value))
        return
    found = container[key] if stager is None or not has_defaults(container) else read(stager, container, key)
    if are_objects(found):
        found = update(found, symbol, value())
        if are_objects(found):  # they were changed in their places
            return
        set_item(container, key, found)
        return
    if isinstance(container, StageableList) and container.staged is not None:
        stager = the_stager()
        stale = stager.sharing.elements.update(container, found)
        found = update(found, symbol, value())
        stager.cells.make_stale(stale)
        container[key] = own_handle(found)
    else:
        set_item(container, key, update(found, symbol, value()))


def _update_at(items: StageableList, place: int, symbol: str, value: Callable[[], Any]) -> None:
    found: Any = items[place]
    updated = update(found, symbol, value())
    if updated is not found:
        items[place] = updated


def _holds_tensors(container: Any) -> bool:
    """Whether it is a list of tensors that is not in the graph: each is changed in place in a branch of its own."""
    if not isinstance(container, StageableList) or container.staged is not None or not container.ordinary():
        return False
    return len(container) <= MOST_CHANGED and all(
        isinstance(x, Tensor) and not isinstance(x, StagedNumber) and maybe_none(x) is None for x in container
    )
