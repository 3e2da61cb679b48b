"""Places that hold one object: what is one object on every path to a merge stays one behind it.

Each path leaves objects in places, such as the variables of a loop and the attributes that it changes. Where two places
hold one object on every path, they are given one object again. Where they do on some paths only, the objects are noted
as alike: changing one in place makes the other stale (see `sharing`).
"""

import enum
from collections.abc import Iterator, Sequence
from typing import Any

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.failures.never import Never
from dy2static.staging.objects.aliases import ALWAYS, Ways, either
from dy2static.staging.objects.changeable import held_in, is_changeable, object_of
from dy2static.staging.objects.instances import children
from dy2static.staging.objects.sharing import Sharing
from dy2static.staging.regions.facts import Facts
from dy2static.staging.values.staged import NUMBERS
from dy2static.staging.values.undefined import Undefined
from eager.tensor import Tensor

Position = tuple[int, tuple[int, ...]]
"""A place, and where in its value."""
Relations = dict[tuple[Position, Position], Ways | None]
"""Pairs of positions that hold one object: on which paths they do, None for all."""


class _There(enum.Enum):
    SAME = enum.auto()
    MAYBE = enum.auto()
    OTHER = enum.auto()
    NEITHER = enum.auto()


def relations(
    paths: Sequence[Sequence[Any]],
    sharing: Sharing,
    ways: Sequence[Ways] | None = None,
    given: Sequence[Facts] | None = None,
) -> Relations:
    """How the places are related that each of `paths` left objects in: each path is taken by its `ways`, and what is
    `given` for it holds where it leads to."""
    if not paths:
        return {}
    ways = [ALWAYS] * len(paths) if ways is None else ways
    given = [()] * len(paths) if given is None else given
    left = [_Left(values, facts, sharing) for values, facts in zip(paths, given, strict=True)]
    pairs = dict.fromkeys(pair for path in left for pair in path.pairs())
    found: Relations = {}
    for p, q in pairs:
        seen = [path.state(p, q) for path in left]
        if all(state in (_There.SAME, _There.NEITHER) for state in seen) and not p[1] and not q[1]:
            found[p, q] = None
        else:
            are_one = (_There.SAME, _There.MAYBE)
            found[p, q] = either(way for way, state in zip(ways, seen, strict=True) if state in are_one)
    return found


class _Left:
    """What one path left in the places, where `given` holds."""

    def __init__(self, values: Sequence[Any], given: Facts, sharing: Sharing) -> None:
        self.values = values
        self.objects = {position: x for i, value in enumerate(values) for position, x in objects_in(value, (i, ()))}
        self._given = given
        self._compared: dict[tuple[int, int], _There] = {}
        """By the identities of two objects."""
        self._sharing = sharing

    def pairs(self) -> Iterator[tuple[Position, Position]]:
        """The pairs of positions that hold one object, or may: found by identity, as most pairs do not."""
        positions = list(self.objects)
        places: dict[int, list[int]] = {}
        for i, x in enumerate(self.objects.values()):
            places.setdefault(id(x), []).append(i)
        are_different = len(places) == len(positions)
        for i, x in enumerate(self.objects.values()):
            alike = self._sharing.alike(x)
            if are_different and not alike:
                continue
            found = {j for identity in (id(x), *alike) for j in places.get(identity, ()) if j > i}
            for j in sorted(found):
                if self._compare(x, self.objects[positions[j]]) is not _There.OTHER:
                    yield positions[i], positions[j]

    def state(self, p: Position, q: Position) -> _There:
        """How what is at two positions is related."""
        if p in self.objects and q in self.objects:
            return self._compare(self.objects[p], self.objects[q])
        if p in self.objects or q in self.objects or p[1] or q[1]:
            return _There.OTHER
        gone = (Undefined, Never, type(None))
        a, b = self.values[p[0]], self.values[q[0]]
        return _There.NEITHER if isinstance(a, gone) and type(a) is type(b) else _There.OTHER

    def _compare(self, a: Any, b: Any) -> _There:
        if a is b:
            return _There.SAME
        pair = id(a), id(b)
        if pair not in self._compared:
            is_possible = self._sharing.are_alike(a, b, self._given)
            self._compared[pair] = _There.MAYBE if is_possible else _There.OTHER
        return self._compared[pair]


def reunite(merged: list[Any], related: Relations, labels: Sequence[str], sharing: Sharing) -> None:
    """Give places that hold one object on every path one object; note the others as alike."""
    for (p, q), ways in related.items():
        if ways is None:
            merged[q[0]] = merged[p[0]]
    objects = dict(pair for i, value in enumerate(merged) for pair in objects_in(value, (i, ())))
    for (p, q), ways in related.items():
        if p in objects and q in objects and objects[p] is not objects[q]:
            sharing.note_alike(objects[p], objects[q], labels[q[0]], ALWAYS if ways is None else ways)


def objects_in(value: Any, at: Position = (0, ())) -> Iterator[tuple[Position, Any]]:
    """The objects in a value that can change, itself included, each with its position from `at` on."""
    if type(value) in NUMBERS:
        return
    value = object_of(value)
    if isinstance(value, Tensor):
        if is_changeable(value):
            yield at, value
        return
    if held_in(value) is not None:  # what it is made of is in the graph
        yield at, value
        return
    is_graph_list = isinstance(value, StageableList) and value.staged is not None
    split = None if value is None or is_graph_list else children(value)
    if is_graph_list or (split is not None and not isinstance(value, tuple)):
        yield at, value
    for i, item in enumerate(() if split is None else split[1]):
        yield from objects_in(item, (at[0], (*at[1], i)))
