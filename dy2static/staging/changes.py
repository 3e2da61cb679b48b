"""What a staged block leaves behind: the values of its outputs and of the cells that it changed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dy2static.staging.cells import AttributeCell, Cell, HandleCell, ItemCell, Key, is_made_in
from dy2static.staging.contents import ContentCell
from dy2static.staging.frames import Frame
from dy2static.staging.lists import StageableList
from dy2static.staging.maybe import MaybeDefined
from dy2static.staging.staged import StagedTensor
from eager.pytree import children, rebuild
from eager.tensor import Tensor
from graph.ir.builder import GraphBuilder

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A changed cell when the block ends: the object in it, and that as it is then."""

    cell: Cell
    object: Any
    value: Any


Changes = dict[Key, Change]
"""Changed cells."""


def left_behind(frame: Frame, stager: "Stager", builder: GraphBuilder) -> Changes:
    """What the cells of a frame hold now; handles that were made in the block are nobody else's business."""
    changes: Changes = {}
    for key, (cell, before) in frame.items():
        is_as_before = isinstance(cell, ContentCell) and cell.holds(before)
        if not is_as_before and not is_made_in(cell, before, builder):
            found = cell.load()
            changes[key] = Change(cell, found, snapshot(found, frame, stager))
    return changes


def left_in(cell: Cell, changes: Changes, stager: "Stager") -> Any:
    """What a block left in a cell: what it held before where the block changed neither the cell nor what is in it."""
    changed = changes.get(cell.key)
    return seen_in(held(cell, stager), changes) if changed is None else changed.value


def object_in(cell: Cell, changes: Changes, stager: "Stager") -> Any:
    """The object itself."""
    changed = changes.get(cell.key)
    return cell.load() if changed is None else changed.object


def seen_in(value: Any, changes: Changes) -> Any:
    """A value of before the block, with the objects in it as the block left them."""
    if not changes:
        return value
    if isinstance(value, Tensor):
        changed = changes.get(("tensor", id(value), None))
        return value if changed is None else changed.value
    if isinstance(value, MaybeDefined):
        return value if value.handle is None else value.holding(seen_in(value.handle, changes))
    if isinstance(value, StageableList) and ("list", id(value), None) in changes:
        return changes["list", id(value), None].value
    is_graph_list = isinstance(value, StageableList) and value.staged is not None
    split = None if is_graph_list else children(value)
    if split is None:
        return value
    node, items = split
    taken = [seen_in(item, changes) for item in items]
    return value if all(a is b for a, b in zip(items, taken, strict=True)) else rebuild(node, taken)


def held(cell: Cell, stager: "Stager") -> Any:
    """What a cell holds now, for a region that merges it: a tensor from outside by the parameter that brings it in, as
    the handle itself does, and not by a copy of today's value."""
    if isinstance(cell, HandleCell) and not isinstance(cell.handle, StagedTensor):
        return stager.handle(stager.lift_tensor(cell.handle))
    if isinstance(cell, AttributeCell):
        stager.note_asked(cell.owner, cell.name)
    elif isinstance(cell, ItemCell):
        stager.note_asked(cell.owner, cell.item, "item")
    return cell.load()


def snapshot(value: Any, frame: Frame, stager: "Stager") -> Any:
    """The value as it is now, apart from the objects in it that are set back when the frame ends."""
    if not frame:
        return value
    if isinstance(value, Tensor):
        if ("tensor", id(value), None) not in frame:
            return value
        copied = value._alias(value._link)  # pyright: ignore[reportPrivateUsage]
        stager.sharing.copy(copied, value)
        return copied
    if isinstance(value, MaybeDefined):
        return value if value.handle is None else value.holding(snapshot(value.handle, frame, stager))
    if isinstance(value, StageableList):
        if value.staged is not None:
            return value.twin()
        return StageableList([snapshot(item, frame, stager) for item in value])
    split = children(value) if value is not None else None
    if split is None:
        return value
    node, items = split
    taken = [snapshot(item, frame, stager) for item in items]
    if all(a is b for a, b in zip(items, taken, strict=True)) and not _is_changed(value, frame):
        return value
    return rebuild(node, taken)


def _is_changed(value: Any, frame: Frame) -> bool:
    return any(key[1] == id(value) for key in frame)
