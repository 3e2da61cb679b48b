"""What a call of Python's own changes: methods of its containers, and stores that are written as calls, such as
`object.__setattr__(obj, "a", x)` and `operator.setitem(d, "k", x)`."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from types import BuiltinMethodType, MethodType, MethodWrapperType, ModuleType
from typing import Any, Final, cast

import numpy as np

from dy2static.converters.allow import CHANGES_AN_ARRAY
from dy2static.runtime.callables.noted import noting
from dy2static.runtime.starred import spread
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.containers.queues import listed
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import ListCell, attribute_cell
from dy2static.staging.objects.contents import CHANGES, OF_ARRAYS, touch_content
from dy2static.staging.objects.key_order import order_changes
from dy2static.staging.stager import Stager

LIST_CHANGES: Final = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"})
DICT_CHANGES: Final = frozenset({"update", "pop", "popitem", "clear", "setdefault", "__ior__", "__init__"})
ATTRIBUTE_STORES: Final = frozenset({"__setattr__", "__delattr__"})
ITEM_STORES: Final = frozenset({"__setitem__", "__delitem__"})
STORES: Final = ATTRIBUTE_STORES | ITEM_STORES
IN_PLACE: Final = frozenset(
    ("iadd", "iand", "iconcat", "ifloordiv", "ilshift", "imatmul", "imod", "imul", "ior", "ipow", "irshift", "isub")
) | {"itruediv", "ixor"}
"""The operators of augmented assignment, as functions of `operator`."""


Bound = BuiltinMethodType | MethodWrapperType | MethodType


def changed_by(stager: Stager, method: Bound, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a call of `method` gives; that it changes its object, or the one it is given, is noted.

    Raises: StagingError where it changes what a graph cannot.
    """
    owner = cast(object, method.__self__)
    if (target := _changed_in_place(method, args)) is not None:
        args = [*args[:-1], added(target, args[-1], method.__name__)]
        return changing(stager, target, lambda: method(*args, **kwargs))
    note_change(stager, method, args)
    if isinstance(owner, dict) and method.__name__ in DICT_CHANGES:
        return noting(stager, cast("dict[Any, Any]", owner), lambda: method(*args, **kwargs))
    return method(*args, **kwargs)


def _changed_in_place(method: Bound, args: Sequence[Any]) -> Any:
    """What an operator of augmented assignment changes, where it is called as a function or method; None for others."""
    owner, name = cast(object, method.__self__), method.__name__
    if isinstance(owner, ModuleType):
        return args[0] if owner.__name__ == "_operator" and name in IN_PLACE and len(args) == 2 else None
    return owner if name.strip("_") in IN_PLACE and len(args) == 1 else None


def added(target: Any, items: Any, name: str) -> Any:
    """What an augmented assignment of this name adds to a container."""
    taken = spread(items, name)
    return listed(taken) if isinstance(target, deque) else taken


def changing(stager: Stager, target: Any, change: Callable[[], Any]) -> Any:
    """What an augmented assignment to a target gives; that it changes the container that this is, is noted."""
    if isinstance(target, list) and not isinstance(target, StageableList):
        stager.cells.touch_list(target)  # pyright: ignore[reportUnknownArgumentType]
    touch_content(stager.cells, target)
    return noting(stager, cast("dict[Any, Any]", target), change) if isinstance(target, dict) else change()


def note_change(stager: Stager, method: Bound, args: Sequence[Any]) -> None:
    """Note that a call of `method` is about to change its object, or the one it is given; not yet what it changes in a
    dict."""
    owner, name = cast(object, method.__self__), method.__name__
    if isinstance(owner, ModuleType):
        _note_function(stager, owner.__name__, name, args)
    elif name in ATTRIBUTE_STORES and args:
        stager.cells.touch(attribute_cell(owner, args[0]))
    elif name in ITEM_STORES and args:
        _note_item(stager, owner, args[0])
    elif isinstance(owner, list) and not isinstance(owner, StageableList):
        if name in LIST_CHANGES:
            stager.cells.touch(ListCell(cast("list[Any]", owner)))
    elif isinstance(owner, np.ufunc) and name == "at" and args:
        touch_content(stager.cells, args[0])
    elif name in (OF_ARRAYS if isinstance(owner, np.ndarray) else CHANGES) and not isinstance(owner, dict):
        touch_content(stager.cells, owner)
    elif isinstance(owner, OrderedDict) and name == "move_to_end":
        _check_order(stager, cast(object, owner))


def note_arrays(stager: Stager, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
    """Note that a call of a NumPy function is about to change arrays that it is given."""
    out: Any = kwargs.get("out")
    changed: list[Any] = [*out] if isinstance(out, tuple) else [out]
    if isinstance(function, np.ufunc):
        changed += args[function.nin :]
    elif getattr(function, "__name__", "") in CHANGES_AN_ARRAY:
        changed += args[:1]
    for array in changed:
        touch_content(stager.cells, array)


def _note_function(stager: Stager, module: str, name: str, args: Sequence[Any]) -> None:
    """A function of `heapq` or `operator`."""
    if not args:
        return
    if module == "_heapq" and isinstance(args[0], list):
        _note_heap(stager, cast("list[Any]", args[0]), name)
    elif module == "_operator" and name in ("setitem", "delitem"):
        _note_item(stager, *args[:2])


def _note_item(stager: Stager, container: Any, key: Any) -> None:
    if isinstance(container, dict):
        stager.cells.touch(stager.cells.item(container, key))
    elif isinstance(container, list) and not isinstance(container, StageableList):
        stager.cells.touch_list(container)  # pyright: ignore[reportUnknownArgumentType]
    else:
        touch_content(stager.cells, container)


def _note_heap(stager: Stager, heap: list[Any], name: str) -> None:
    """A function of `heapq`, which goes past the methods of its list."""
    if isinstance(heap, StageableList):
        stager.lists.check_not_walked(heap, resizes=True)
        if heap.staged is not None:
            stager.lists.unsupported(name)
    stager.cells.touch_list(heap)


def _check_order(stager: Stager, owner: object) -> None:
    if not stager.cells.is_born_here(owner):
        raise order_changes(user_location())
