"""Dicts whose class says what a missing key has (`defaultdict`, `Counter`, a `__missing__` of the user's): a read may
add the key, which Python itself would do unnoticed. So functions that make or are given one are converted with items
(see `source.convert.asking_for_items`)."""

import operator
from collections import defaultdict
from collections.abc import Callable, Sequence
from types import CellType, FunctionType, MethodType
from typing import Any, Final, cast

from dy2static.errors import StagingError
from dy2static.source.convert import ASKS_FOR_ITEMS
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import ItemCell
from dy2static.staging.stager import Stager

DICT: Final[Any] = dict
PLAIN: Final = frozenset((bool, int, float, complex, str, bytes, type(None), FunctionType))
"""Classes of what holds none."""


def has_defaults(container: Any) -> bool:
    """Whether it is such a dict. Nothing is asked of what stands for another value."""
    kind = cast("type[Any]", type(container))
    return hasattr(kind, "__missing__") and issubclass(kind, dict)


def ask_for_items(container: Any) -> None:
    """Raises: StagingError for such a dict, where Python reads its items: staging is tried again with items."""
    if has_defaults(container) and not ASKS_FOR_ITEMS.get():
        raise _read_by_python(type(container).__name__)


def ask_for_items_of(function: Any) -> None:
    """Raises: the same, for a function that mentions such a dict."""
    if not ASKS_FOR_ITEMS.get() and finds_defaults(function):
        raise _read_by_python("dict")


def _read_by_python(kind: str) -> StagingError:
    error = StagingError(f"a missing key of a {kind} is read by Python", loc=user_location())
    error.is_of_index = True
    return error


def finds_defaults(function: Any, given: Sequence[Any] = ()) -> bool:
    """Whether a function, or method, comes by such a dict: it is `given` one, or finds one among its globals, in its
    closure, or in attributes and containers of what it finds."""
    plain = getattr(function, "__func__", function)
    if not isinstance(plain, FunctionType):
        return False
    names = plain.__code__.co_names
    found = [getattr(function, "__self__", None), *given]
    found += [plain.__globals__[name] for name in names if name in plain.__globals__]
    found += [held for cell in plain.__closure__ or () for held in _held(cell)]
    seen: set[int] = set()
    while found:
        value = found.pop()
        if has_defaults(value):
            return True
        if type(value) not in PLAIN and id(value) not in seen:
            seen.add(id(value))
            found += _inside(value, names)
    return False


def _inside(value: Any, names: Sequence[str]) -> Sequence[Any]:
    """What a container of Python's holds, or an object in attributes of these names."""
    if isinstance(value, dict):
        return list(DICT.values(cast("dict[Any, Any]", value)))
    if isinstance(value, StageableList) and value.staged is not None:
        return []
    if isinstance(value, list | tuple):
        return cast("Sequence[Any]", value)
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return []
    return [held[name] for name in names if name in held]


def _held(cell: CellType) -> tuple[Any, ...]:
    """What a variable of a closure holds, if it is bound."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def read_by_call(stager: Stager, function: Any, args: Sequence[Any]) -> Callable[[], Any] | None:
    """What a call does that reads items of such a dict, as `operator.getitem` and the dict's own `__getitem__` do; None
    for others."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if function is operator.getitem and len(args) == 2 and has_defaults(args[0]):
        return lambda: read(stager, args[0], args[1])
    if isinstance(function, operator.itemgetter) and len(args) == 1 and has_defaults(args[0]):
        keys: Sequence[Any] = cast(Any, function).__reduce__()[1]
        found = (lambda: tuple([read(stager, args[0], key) for key in keys])) if len(keys) > 1 else None
        return found or (lambda: read(stager, args[0], keys[0]))
    is_read = isinstance(owner, dict) and name in ("__getitem__", "__missing__") and len(args) == 1
    if not is_read or isinstance(function, MethodType) or not has_defaults(owner):
        return None
    return lambda: read(stager, cast("dict[Any, Any]", owner), args[0])


def read(stager: Stager, container: dict[Any, Any], key: Any) -> Any:
    """`container[key]` of such a dict."""
    if key in container:
        return container[key]
    kind = cast("type[Any]", type(container))
    if isinstance(kind.__missing__, FunctionType):
        return stager.call(kind.__missing__, (container, key), {})
    if not isinstance(container, defaultdict) or container.default_factory is None:
        return container[key]
    value = stager.call(container.default_factory, (), {})
    stager.cells.put(ItemCell(container, key), value)
    return value
