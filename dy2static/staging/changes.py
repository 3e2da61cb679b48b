"""What a staged block leaves behind: the values of its outputs and of the cells that it changed."""

from typing import TYPE_CHECKING, Any

from dy2static.staging.cells import Cell, Frame, HandleCell, Key
from dy2static.staging.lists import StageableList
from dy2static.staging.staged import StagedTensor
from eager.pytree import children, rebuild
from eager.tensor import Tensor
from graph.ir.builder import GraphBuilder

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

Changes = dict[Key, tuple[Cell, Any]]
"""Changed cells, each with what it holds when the block ends."""


def left_behind(frame: Frame, builder: GraphBuilder) -> Changes:
    """What the cells of a frame hold now; handles that were made in the block are nobody else's business."""
    return {key: (cell, cell.load()) for key, (cell, before) in frame.items() if not _made_here(cell, before, builder)}


def held(cell: Cell, stager: "Stager") -> Any:
    """What a cell holds now, for a region that merges it: a tensor from outside by the parameter that brings it in, as
    the handle itself does, and not by a copy of today's value."""
    if isinstance(cell, HandleCell) and not isinstance(cell.handle, StagedTensor):
        return stager.handle(stager.lift_tensor(cell.handle))
    return cell.load()


def _made_here(cell: Cell, before: Any, builder: GraphBuilder) -> bool:
    if not isinstance(cell, HandleCell) or not isinstance(before, StagedTensor):
        return False
    return before.value in builder.producer and before.value not in builder.captures.values()


def snapshot(value: Any, frame: Frame) -> Any:
    """The value as it is now, apart from the objects in it that are set back when the frame ends."""
    if not frame:
        return value
    if isinstance(value, Tensor):
        return value._alias(value._link) if ("tensor", id(value), None) in frame else value  # pyright: ignore[reportPrivateUsage]
    if isinstance(value, StageableList):
        if value.staged is not None:
            return value.copy()
        return StageableList([snapshot(item, frame) for item in value])
    split = children(value) if value is not None else None
    if split is None:
        return value
    node, items = split
    taken = [snapshot(item, frame) for item in items]
    if all(a is b for a, b in zip(items, taken, strict=True)) and not _is_changed(value, frame):
        return value
    return rebuild(node, taken)


def _is_changed(value: Any, frame: Frame) -> bool:
    return any(key[1] == id(value) for key in frame)
