"""Variables of the module or of a function around, bound by converted code: `global` and `nonlocal`."""

import sys
from collections.abc import Callable
from types import CellType
from typing import Any, cast

from dy2static.runtime.undefined import free_text, global_text, read_value
from dy2static.staging.objects.cells import ClosureCell, ItemCell
from dy2static.staging.values.staged import current
from dy2static.staging.values.undefined import Undefined


def set_global(name: str, value: Any) -> None:
    """`name = value`, in the module of the code that calls this."""
    variables = sys._getframe(1).f_globals  # pyright: ignore[reportPrivateUsage]
    stager = current()
    if stager is None:
        variables[name] = value
    else:
        stager.cells.put(ItemCell(variables, name), value)


def del_global(name: str) -> None:
    """`del name`, the same."""
    variables = sys._getframe(1).f_globals  # pyright: ignore[reportPrivateUsage]
    if name not in variables:
        raise NameError(global_text(name))
    stager = current()
    if stager is not None:
        stager.cells.touch(ItemCell(variables, name))
    del variables[name]


def read_global(value: Any, name: str) -> Any:
    """The value of a variable of the module that this function binds, perhaps on some paths only."""
    return read_value(value, global_text(name), "NameError")


def set_nonlocal(read: Callable[[], Any], value: Any) -> None:
    """`name = value` for the variable that `read` gives."""
    cell = _cell(read)
    stager = current()
    if stager is None:
        cell.cell_contents = value
    else:
        stager.cells.put(ClosureCell(cell, _name(read)), value)


def del_nonlocal(read: Callable[[], Any]) -> None:
    """`del name` for the variable that `read` gives; the error of reading it where it is unbound."""
    read_value(read(), free_text(_name(read)), "NameError")
    set_nonlocal(read, Undefined(_name(read)))


def owns(read: Callable[[], Any]) -> None:
    """The variables that `read` gives are new: nobody outside of the block that runs now knows them."""
    stager = current()
    if stager is not None:
        for cell in cast(Any, read).__closure__:
            stager.cells.born(cell)


def _cell(read: Callable[[], Any]) -> CellType:
    (cell,) = cast(Any, read).__closure__
    return cell


def _name(read: Callable[[], Any]) -> str:
    (name,) = cast(Any, read).__code__.co_freevars
    return name
