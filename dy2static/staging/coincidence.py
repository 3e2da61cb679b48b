"""Places that hold one object: what is one object on every path to a merge stays one behind it.

Each path leaves objects in places, such as the variables of a loop and the attributes that it changes. Where two places
hold one object on every path, they are given one object again. Where they do on some paths only, the objects are noted
as alike: changing one in place makes the other stale (see `sharing`).
"""

import enum
from collections.abc import Iterator, Sequence
from typing import Any

from dy2static.staging.instances import children
from dy2static.staging.lists import StageableList
from dy2static.staging.maybe import MaybeDefined
from dy2static.staging.never import Never
from dy2static.staging.sharing import Sharing, is_changeable, object_of
from dy2static.staging.staged import NUMBERS
from dy2static.staging.undefined import Undefined
from eager.tensor import Tensor

Position = tuple[int, tuple[int, ...]]
"""A place, and where in its value."""
Relations = dict[tuple[Position, Position], bool]
"""Pairs of positions that hold one object: on every path, or on some."""


class _There(enum.Enum):
    SAME = enum.auto()
    MAYBE = enum.auto()
    OTHER = enum.auto()
    NEITHER = enum.auto()


def relations(paths: Sequence[Sequence[Any]], sharing: Sharing) -> Relations:
    """How the places are related that each of `paths` left objects in."""
    if not paths:
        return {}
    objects = [
        {position: x for i, value in enumerate(path) for position, x in objects_in(value, (i, ()))} for path in paths
    ]
    pairs: dict[tuple[Position, Position], None] = {}
    for path in objects:
        pairs.update(dict.fromkeys(_related_in(path, sharing)))
    found: Relations = {}
    for p, q in pairs:
        seen = [_state(path, values, p, q, sharing) for path, values in zip(objects, paths, strict=True)]
        if all(state in (_There.SAME, _There.NEITHER) for state in seen):
            found[p, q] = not p[1] and not q[1]
        else:
            found[p, q] = False
    return found


def _related_in(path: dict[Position, Any], sharing: Sharing) -> Iterator[tuple[Position, Position]]:
    """The pairs of positions of one path that hold one object, or may: found by identity, as most pairs do not."""
    positions = list(path)
    places: dict[int, list[int]] = {}
    for i, x in enumerate(path.values()):
        places.setdefault(id(x), []).append(i)
    are_different = len(places) == len(path)
    for i, x in enumerate(path.values()):
        alike = sharing.alike(x)
        if are_different and not alike:
            continue
        found = {j for identity in (id(x), *alike) for j in places.get(identity, ()) if j > i}
        for j in sorted(found):
            if _compare(x, path[positions[j]], sharing) is not _There.OTHER:
                yield positions[i], positions[j]


def reunite(merged: list[Any], related: Relations, labels: Sequence[str], sharing: Sharing) -> None:
    """Give places that hold one object on every path one object; note the others as alike."""
    for (p, q), is_one in related.items():
        if is_one:
            merged[q[0]] = merged[p[0]]
    objects = dict(pair for i, value in enumerate(merged) for pair in objects_in(value, (i, ())))
    for p, q in related:
        if p in objects and q in objects and objects[p] is not objects[q]:
            sharing.note_alike(objects[p], objects[q], labels[q[0]])


def objects_in(value: Any, at: Position = (0, ())) -> Iterator[tuple[Position, Any]]:
    """The objects in a value that can change, itself included, each with its position from `at` on."""
    if type(value) in NUMBERS:
        return
    value = object_of(value)
    if isinstance(value, Tensor):
        if is_changeable(value):
            yield at, value
        return
    if isinstance(value, MaybeDefined):  # what it is made of is in the graph
        yield at, value
        return
    is_graph_list = isinstance(value, StageableList) and value.staged is not None
    split = None if value is None or is_graph_list else children(value)
    if is_graph_list or (split is not None and not isinstance(value, tuple)):
        yield at, value
    for i, item in enumerate(() if split is None else split[1]):
        yield from objects_in(item, (at[0], (*at[1], i)))


def _compare(a: Any, b: Any, sharing: Sharing) -> _There:
    if a is b:
        return _There.SAME
    return _There.MAYBE if sharing.are_alike(a, b) else _There.OTHER


def _state(objects: dict[Position, Any], values: Sequence[Any], p: Position, q: Position, sharing: Sharing) -> _There:
    if p in objects and q in objects:
        return _compare(objects[p], objects[q], sharing)
    if p in objects or q in objects or p[1] or q[1]:
        return _There.OTHER
    gone = (Undefined, Never, type(None))
    a, b = values[p[0]], values[q[0]]
    return _There.NEITHER if isinstance(a, gone) and type(a) is type(b) else _There.OTHER
