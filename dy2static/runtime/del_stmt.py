"""`del x[i]` and `del x.a`."""

from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.runtime.calls import call
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import attribute_cell
from dy2static.staging.objects.contents import touch_content
from dy2static.staging.values.optional import changeable
from dy2static.staging.values.staged import StagedTensor, current
from dy2static.staging.values.undefined import Undefined
from eager.tensor import Tensor


def del_attr(obj: Any, name: str) -> None:
    """`del obj.name`."""
    stager = current()
    if stager is None or isinstance(obj, Tensor):
        delattr(obj, name)
        return
    obj = changeable(obj, "AttributeError", f"'NoneType' object has no attribute {name!r}")
    cell = attribute_cell(obj, name)
    if isinstance(cell.load(), Undefined):
        delattr(obj, name)  # raises as it would
    stager.cells.touch(cell)
    delattr(obj, name)


def del_item(container: Any, key: Any) -> None:
    """`del container[key]`."""
    stager = current()
    if stager is not None:
        container = changeable(container, "TypeError", "'NoneType' object does not support item deletion")
    if stager is None or isinstance(container, Tensor | StageableList):
        del cast(Any, container)[key]
        return
    if isinstance(container, dict):
        if isinstance(key, StagedTensor):
            raise StagingError(
                "a dict key must be an ordinary value; this one is known only when the graph runs",
                next_step="keep the values in a list or a tensor, and index it.",
                loc=user_location(),
            )
        stager.cells.touch(stager.cells.item(container, key))
        del container[key]
        return
    if isinstance(container, list):
        stager.cells.touch_list(container)  # pyright: ignore[reportUnknownArgumentType]
        del container[key]
        return
    touch_content(stager.cells, container)
    owner = cast("type[Any]", type(container))
    if hasattr(owner, "__delitem__"):
        call(owner.__delitem__, container, key)
    else:
        del container[key]  # which says what it lacks
