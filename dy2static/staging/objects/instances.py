"""Objects of plain classes that the staged code makes, as values: what they are made of, and how they are made anew.

`children` and `rebuild` are those of `eager.pytree` for all that control flow takes apart, these objects included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, Final, cast

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.objects.by_identity import ByIdentity, of_reference, reference_to
from dy2static.staging.objects.made import fields_of, is_plain, set_fields
from dy2static.staging.values.staged import current
from eager import pytree
from eager.pytree import Node

Home = ByIdentity[None]
"""The objects made in one frame: which one it is, goes by identity."""
NOWHERE: Final[Home] = ByIdentity()
"""The home of copies."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the node of such an object has: the names of its attributes, in their order."""

    names: tuple[str, ...]


class Instances:
    """The objects of plain classes that one staging makes."""

    def __init__(self) -> None:
        self._homes = ByIdentity[Home]()
        self._originals = ByIdentity[Any]()
        """Of copies, references to what they are copies of."""

    def note(self, instance: Any, home: Home) -> None:
        """Note an object as made in a frame, if it is one of a plain class."""
        if is_plain(cast("type[Any]", type(instance))):
            self._homes.note(instance, home)

    def move(self, instance: Any, home: Home, outer: Home) -> None:
        """A frame has become part of another one: so have the objects that were made in it."""
        if self._homes.get(id(instance)) is home:
            self._homes.note(instance, outer)

    def copy(self, copied: Any, original: Any) -> None:
        """Note an object as what a block left in another one."""
        if id(original) in self._homes:
            self._homes.note(copied, NOWHERE)
            self._originals.note(copied, reference_to(self._original(original)))

    def __contains__(self, value: Any) -> bool:
        return id(value) in self._homes

    def _original(self, value: Any) -> Any:
        """What it is a copy of, as long as that is there; else itself."""
        known = self._originals.get(id(value))
        found = None if known is None else of_reference(known)
        return value if found is None else found

    def there(self, value: Any, homes: Sequence[Home]) -> Any:
        """The object that a value is, or is a copy of, where it was made in one of these frames; else None."""
        found = self._original(value)
        home = self._homes.get(id(found))
        return found if home is not None and any(home is other for other in homes) else None


def children(value: Any) -> tuple[Node, list[Any]] | None:
    """What control flow takes apart, by one level; None for a leaf, and for an object that holds itself."""
    stager = current()
    if stager is None or value not in stager.cells.instances:
        return None if value is None else pytree.children(value)
    split = _taken_apart(value, stager.cells.instances)
    return None if split is None or _holds_itself(value, stager.cells.instances) else split


def rebuild(node: Node, items: Sequence[Any]) -> Any:
    """What a node is of, with other children. An `Undefined` among the attributes of an object is one that it lacks."""
    if not isinstance(node.aux, Attributes):
        return pytree.rebuild(node, items)
    pairs = zip(node.aux.names, items, strict=True)
    made = object.__new__(cast("type[Any]", node.kind))
    set_fields(made, dict(pairs))
    return made


def copied_within(value: Any) -> Iterator[Any]:
    """The objects in what `copy.deepcopy` has made, itself included, that it has made too."""
    seen: dict[int, Any] = {}
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = item
        cls = cast("type[Any]", type(item))
        if isinstance(item, StageableList) and item.staged is not None:
            continue  # what is in it are values
        split = None if item is None else pytree.children(item)
        if split is not None or (is_plain(cls) and not hasattr(cls, "__deepcopy__")):
            yield item
            waiting += fields_of(item).values() if split is None else split[1]


def is_made(value: Any) -> bool:
    """Whether it is an object of a plain class that the code makes which is being staged."""
    stager = current()
    return stager is not None and value in stager.cells.instances


def has_attributes(node: Node) -> bool:
    """Whether the keys of a node are attributes."""
    return isinstance(node.aux, Attributes) or is_dataclass(node.kind)


def _taken_apart(value: Any, instances: Instances) -> tuple[Node, list[Any]] | None:
    if value is None or (isinstance(value, StageableList) and value.staged is not None):
        return None
    cls = cast("type[Any]", type(value))
    if value not in instances:
        return pytree.children(value)
    fields = fields_of(value)
    names = tuple(fields)
    if pytree.is_registered(cls) or (is_dataclass(cls) and {field.name for field in dataclass_fields(cls)} == {*names}):
        return pytree.children(value)
    return (Node(cls, Attributes(names), names), list(fields.values())) if _can_be_made_anew(cls) else None


def _can_be_made_anew(cls: type[Any]) -> bool:
    """Whether nobody would notice: a `__del__` would run for each."""
    return not hasattr(cls, "__del__")


def _holds_itself(value: Any, instances: Instances) -> bool:
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        split = _taken_apart(waiting.pop(), instances)
        for item in () if split is None else split[1]:
            if item is value:
                return True
            if id(item) not in seen:
                seen.add(id(item))
                waiting.append(item)
    return False
