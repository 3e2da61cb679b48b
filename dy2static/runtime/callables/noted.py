"""Changes of containers by code that runs as it is, and says nothing of them: they are found afterwards, and noted."""

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from dy2static.staging.objects.contents import touch_content
from dy2static.staging.stager import Stager
from dy2static.staging.values.undefined import Undefined

WRITTEN_IN_PYTHON: Final = frozenset({"collections", "contextlib"})
"""The modules of Python's whose classes keep what they hold in containers, by methods written in Python."""
DICT: Final[Any] = dict
MISSING: Final = object()
"""In the place of an item that is not there."""


def noting(stager: Stager, items: dict[Any, Any], change: Callable[[], Any]) -> Any:
    """What `change` gives; the items of a dict that it changes are noted."""
    before = dict(DICT.items(items))
    stager.cells.note_order(items)
    try:
        return change()
    finally:
        after = dict(DICT.items(items))
        for key in {**before, **after}:
            old, new = before.get(key, MISSING), after.get(key, MISSING)
            if old is not new:
                cell = stager.cells.item(items, key)
                cell.store(Undefined(repr(key)) if old is MISSING else old)
                stager.cells.put(cell, Undefined(repr(key)) if new is MISSING else new)


def is_written_in_python(owner: Any) -> bool:
    """Whether an object is of such a class (`UserDict`, `ChainMap`, `ExitStack`), and no dict itself."""
    return cast("type[Any]", type(owner)).__module__ in WRITTEN_IN_PYTHON and not isinstance(owner, dict)


def noting_parts(stager: Stager, owner: Any, method: Callable[[], Any]) -> Any:
    """What a method of such an object gives; what it changes in the containers that the object holds is noted."""
    change = method
    for part in _containers(list(getattr(owner, "__dict__", {}).values())):
        if isinstance(part, dict):
            change = _noting(stager, cast("dict[Any, Any]", part), change)
        elif isinstance(part, list):
            stager.cells.touch_list(cast("list[Any]", part))
        else:
            touch_content(stager.cells, part)
    return change()


def _noting(stager: Stager, items: dict[Any, Any], change: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: noting(stager, items, change)


def _containers(held: list[Any]) -> Iterator[Any]:
    """Those in a list, and in lists there."""
    for x in held:
        yield x
        if isinstance(x, list):
            yield from _containers(cast("list[Any]", x))
