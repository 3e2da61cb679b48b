"""Dicts whose class says what a missing key has (`defaultdict`, `Counter`, a `__missing__` of the user's): a read may
add the key, which Python itself would do unnoticed. So functions that make or are given one are converted with items
(see `source.convert.asking_for_items`)."""

from collections import defaultdict
from collections.abc import Sequence
from types import CellType, FunctionType
from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.source.convert import ASKS_FOR_ITEMS
from dy2static.staging.cells import ItemCell
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager


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
    """Whether a function, or method, mentions such a dict: among its globals, in its closure, or as an attribute of an
    object there, of its own or of one of those that it is `given`."""
    plain = getattr(function, "__func__", function)
    if not isinstance(plain, FunctionType):
        return False
    names = plain.__code__.co_names
    owners = [getattr(function, "__self__", None), *given]
    owners += [plain.__globals__[name] for name in names if name in plain.__globals__]
    owners += [held for cell in plain.__closure__ or () for held in _held(cell)]
    return any(has_defaults(x) for owner in owners for x in (owner, *_attributes(owner, names)))


def _attributes(owner: Any, names: Sequence[str]) -> list[Any]:
    try:
        held = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return []
    return [held[name] for name in names if name in held]


def _held(cell: CellType) -> tuple[Any, ...]:
    """What a variable of a closure holds, if it is bound."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


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
