"""What a staged block leaves behind: the values of its outputs and of the cells that it changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.objects.cells import AttributeCell, Cell, ClosureCell, HandleCell, ItemCell, Key, is_made_in
from dy2static.staging.objects.changeable import is_changeable
from dy2static.staging.objects.contents import ArrayCell, ContentCell
from dy2static.staging.objects.frames import Frame
from dy2static.staging.objects.instances import Attributes, children, has_attributes, rebuild
from dy2static.staging.objects.made import changed
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import MaybeNone, OptionalObject, maybe_none, optional
from dy2static.staging.values.spec import ObjectSpec, Spec
from dy2static.staging.values.staged import StagedTensor
from dy2static.staging.values.undefined import Undefined
from eager.pytree import Node
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
    frame.orders.check(user_location())
    changes: Changes = {}
    for key, (cell, before) in frame.items():
        is_as_before = isinstance(cell, ContentCell | ArrayCell) and cell.holds(before)
        if not is_as_before and not is_made_in(cell, before, builder):
            found = cell.load()
            if not _names_the_same(cell, before, found):
                changes[key] = Change(cell, found, snapshot(found, frame, stager))
    return changes


def _names_the_same(cell: Cell, before: Any, found: Any) -> bool:
    """Whether a name has the object that it had, as after `self.items += [x]`: what has changed is in the object."""
    if not isinstance(cell, AttributeCell | ItemCell | ClosureCell) or found is not before:
        return False
    return not (isinstance(cell, AttributeCell) and cell.is_inherited)


def left_in(cell: Cell, changes: Changes, stager: "Stager") -> Any:
    """What a block left in a cell: what it held before where the block changed neither the cell nor what is in it."""
    changed = changes.get(cell.key)
    return seen_in(held(cell, stager), changes, stager) if changed is None else changed.value


def object_in(cell: Cell, changes: Changes, stager: "Stager") -> Any:
    """The object itself."""
    changed = changes.get(cell.key)
    return cell.load() if changed is None else changed.object


def seen_in(value: Any, changes: Changes, stager: "Stager") -> Any:
    """A value of before the block, with the objects in it as the block left them."""
    if not changes:
        return value
    if isinstance(value, Tensor):
        changed = changes.get(("tensor", id(value), None))
        return value if changed is None else changed.value
    if isinstance(value, MaybeDefined):
        return value if value.handle is None else value.holding(seen_in(value.handle, changes, stager))
    if isinstance(value, StageableList) and ("list", id(value), None) in changes:
        return changes["list", id(value), None].value
    is_graph_list = isinstance(value, StageableList) and value.staged is not None
    split = None if is_graph_list else children(value)
    if split is None:
        return value
    node, items = split
    own = _changes_of(value, node, changes)
    taken = [
        own.pop(key) if key in own else seen_in(item, changes, stager)
        for key, item in zip(node.keys, items, strict=True)
    ]
    if has_attributes(node) and (own or any(isinstance(item, Undefined) for item in taken)):
        names = (*node.keys, *own)
        node, taken = Node(node.kind, Attributes(names), names), [*taken, *own.values()]
    elif all(a is b for a, b in zip(items, taken, strict=True)):
        return value
    return _copied(value, node, taken, stager)


def _changes_of(value: Any, node: Node, changes: Changes) -> dict[Any, Any]:
    """What a block left in the attributes of an object, or in the items of a dict, that it has changed."""
    if not has_attributes(node) and not issubclass(node.kind, dict):
        return {}
    owner = ("attribute" if has_attributes(node) else "item", id(value))
    return {key[2]: change.value for key, change in changes.items() if key[:2] == owner}


def _copied(value: Any, node: Node, items: Sequence[Any], stager: "Stager") -> Any:
    """A container or object as a block has left it."""
    copied = rebuild(node, items)
    stager.cells.instances.copy(copied, value)
    if is_changeable(value):
        stager.sharing.copy(copied, value)
    return copied


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
        if value.handle is None:
            return replace(value, spec=_left_in_spec(value.spec, frame, stager))
        return value.holding(snapshot(value.handle, frame, stager))
    if type(value) is OptionalObject:
        maybe = cast(MaybeNone, maybe_none(value))
        return optional(replace(maybe, spec=_left_in_spec(maybe.spec, frame, stager)), OptionalObject)
    if isinstance(value, StageableList):
        is_of_graph = value.staged is not None
        copied = value.twin() if is_of_graph else StageableList([snapshot(item, frame, stager) for item in value])
        stager.sharing.copy(copied, value)
        return copied
    split = children(value) if value is not None else None
    if split is None:
        return value
    node, items = split
    taken = [snapshot(item, frame, stager) for item in items]
    if all(a is b for a, b in zip(items, taken, strict=True)) and not _is_changed(value, frame):
        return value
    return _copied(value, node, taken, stager)


def _left_in_spec(spec: Spec, frame: Frame, stager: "Stager") -> Spec:
    """The description with objects that stay themselves as they are now."""

    def left(part: Spec) -> Spec:
        is_object = isinstance(part, ObjectSpec)
        return ObjectSpec(part.value, snapshot(part.value, frame, stager)) if is_object else part

    return changed(spec, left)


def _is_changed(value: Any, frame: Frame) -> bool:
    return any(key[1] == id(value) for key in frame)
