"""Which objects the variables of a loop stand for, from trip to trip."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dy2static.staging.containers.lists import StageableList
from dy2static.staging.objects.aliases import ALWAYS, Alias
from dy2static.staging.objects.cells import Cell, HandleCell, ListCell
from dy2static.staging.objects.changeable import held_in, is_changeable, object_of
from dy2static.staging.objects.changes import left_in, object_in
from dy2static.staging.objects.coincidence import Position, objects_in, relations
from dy2static.staging.objects.frames import CHANGEABLE
from dy2static.staging.objects.stale import is_stale, refused
from dy2static.staging.regions.carried import Carried, StagedBody
from dy2static.staging.regions.facts import Facts
from dy2static.staging.regions.loop_invariants import flag_of, verify
from dy2static.staging.stager import Stager
from dy2static.staging.values.spec import MaybeSpec, OptionalSpec, types
from eager.tensor import Tensor
from graph.ir.value import Value


def is_mutable(value: Any) -> bool:
    return is_changeable(object_of(value))


def is_as_it_is(value: Any) -> bool:
    """Whether it stands for an object, and not for one that may be missing (see `Sharing.hold`)."""
    return isinstance(value, Tensor) or held_in(value) is None


def cell_of(value: Any) -> Cell:
    value = object_of(value)
    return ListCell(value) if isinstance(value, StageableList) else HandleCell(value)


def inside(value: Any) -> dict[int, Any]:
    """The objects in a value that can change, by identity."""
    return {id(x): x for _, x in objects_in(value)}


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a trip begins with: the objects in the variables and cells, and what is known then."""

    objects: Sequence[Any]
    given: Facts


def relate(stager: Stager, carried: Carried, staged: StagedBody, is_wider: bool) -> bool:
    """Find which variables and cells hold one object, or may; whether that is news, so that the body is staged anew. It
    is staged anew anyway where the description of what is carried `is_wider` than before."""
    cells = carried.cells.values()
    replaced = {i for i, passed in enumerate(staged.passed) if staged.outputs[i] is not passed}
    owners = {key[1] for key in staged.touched}
    new = replaced - carried.replaced
    late = any(stager.sharing.was_asked or not owners.isdisjoint(inside(staged.passed[i])) for i in new)
    carried.replaced |= replaced
    carried.left = [*staged.outputs, *(object_in(cell, staged.changed, stager) for cell in cells)]
    left = [*staged.values, *(left_in(cell, staged.changed, stager) for cell in cells)]
    again = () if staged.test is None else staged.test.again
    is_right = True
    with stager.within(staged.builder):
        entries = [
            _Entry(objects, facts)
            for values, objects in ((carried.initial, carried.initial), (left, carried.left))
            if (facts := facts_of(values, again)) is not None
        ]
        paths, given = [entry.objects for entry in entries], [entry.given for entry in entries]
        before, carried.related = carried.related, relations(paths, stager.sharing, given=given)
        carried.related |= {pair: ALWAYS for pair in before if pair not in carried.related and carried.is_kept(pair)}
        # The last trip may leave what no trip begins with.
        ends = [carried.initial, carried.left]
        carried.related_after = relations(ends, stager.sharing) if again else carried.related
        held = carried.may_hold
        if not is_wider:  # else what the trip was given was not what trips are given
            carried.may_hold = _held(stager, carried, entries)
            is_right = verify(stager, carried, left)
        is_listed = _note_elements(stager, carried, staged)
    is_within = _note_within(stager, carried, staged, left)
    is_held = _add_kept(carried, held)
    return late or is_within or is_held or is_listed or carried.related != before or not is_right


def _note_elements(stager: Stager, carried: Carried, staged: StagedBody) -> bool:
    """Note where a trip leaves objects that are in a list of the graph, of what it was given; whether that is news, and
    it changes anything in place."""
    if not stager.sharing.elements.is_used:
        return False
    left = (item for i in range(len(staged.given)) for item in objects_in(carried.left[i], (i, ())))
    places = {at for at, x in left if stager.sharing.elements.has(id(x))}
    is_news = not places <= carried.elements
    carried.elements |= places
    return is_news and bool(staged.touched)


def mark_elements(stager: Stager, carried: Carried, values: Sequence[Any]) -> None:
    """Note what a trip is given that is in a list of the graph since a trip before."""
    if carried.elements:
        for at, x in (item for i, value in enumerate(values) for item in objects_in(value, (i, ()))):
            if at in carried.elements:
                stager.sharing.elements.mark(x)


def _note_within(stager: Stager, carried: Carried, staged: StagedBody, left: Sequence[Any]) -> bool:
    """Note the objects of before the loop that the body has put into its variables, and into the lists and cells that
    it changes, where the next trip finds them; whether there are any that the trip was not told of, and that matters:
    one of the two is changed in place, or may be in a list, or it was asked whether two objects are one."""
    places = (*carried.in_place, *sorted(carried.replaced), *range(len(carried.names), len(left)))
    news: dict[Position, list[Any]] = {}
    for (i, path), objects in _origins(stager, carried, staged, {i: left[i] for i in places}).items():
        known = carried.within.setdefault(i, [])
        told = {(at, id(x)) for at, x in (*objects_in(carried.initial[i]), *known)}
        new = list({id(x): x for x in objects if ((0, path), id(x)) not in told}.values())
        known += [((0, path), x) for x in new]
        if new:
            news[i, path] = new
    if not news or stager.sharing.was_asked:
        return bool(news)
    given = (item for i, value in enumerate(staged.given) for item in objects_in(value, (i, ())))
    concerned = [*itertools.chain(*news.values()), *(x for at, x in given if at in news)]
    changed = {key[1] for key in staged.touched if key[0] in CHANGEABLE} | {key[1] for key in carried.cells}
    changed |= {id(object_of(carried.initial[i])) for i in carried.in_place}
    return bool(changed) and any(stager.sharing.is_changed_or_listed(x, changed) for x in concerned)


def _origins(
    stager: Stager, carried: Carried, staged: StagedBody, left: Mapping[int, Any]
) -> dict[Position, list[Any]]:
    """What trips may leave in each of these places, and in what is there, of the objects of before the loop, that they
    were not told of: one trip leaves what it was given in another place, and that may be what one before it has left
    there."""
    before = {at: x for i, value in enumerate(carried.initial) for at, x in objects_in(value, (i, ()))}
    passed = {at: x for i, value in enumerate(staged.given) for at, x in objects_in(value, (i, ()))}
    given = {id(x): at for at, x in passed.items()}
    found: dict[Position, list[Any]] = {}
    sources: dict[Position, set[Position]] = {}
    for i, value in left.items():
        for at, x in objects_in(value, (i, ())):
            objects = stager.sharing.what_may_be(x)
            found[at] = [
                y
                for y in objects
                if _is_of_before(stager, y) and not (at in passed and stager.sharing.are_told(x, y, passed[at]))
            ]
            sources[at] = {given[id(y)] for y in objects if id(y) in given}
    is_done = False
    while not is_done:
        wider = {at: known.union(*(sources.get(p, ()) for p in known)) for at, known in sources.items()}
        is_done, sources = wider == sources, wider
    for at, known in sources.items():
        found[at] += [before[p] for p in sorted(known) if p in before and is_changeable(before[p])]
    return found


def _is_of_before(stager: Stager, x: Any) -> bool:
    if is_stale(x) or not is_changeable(x):
        return False
    if isinstance(x, Tensor):
        return stager.is_known_here(x)
    return stager.cells.is_there(x) or stager.is_from_outside(x)


def merge_within(stager: Stager, carried: Carried, i: int, value: Any) -> None:
    """Note that what is in a variable, list or cell may be an object that a trip has put there."""
    items, within = dict(objects_in(value)), carried.within.get(i, ())
    with stager.sharing.elements.as_before([id(x) for _, x in within], carried.listed):
        for at, x in within:
            if at in items:
                stager.sharing.merge(items[at], [x], carried.label(i))


def _add_kept(carried: Carried, before: dict[int, list[Alias]]) -> bool:
    """Add what `before` says and stays; whether there is anything new in what variables and cells may hold."""
    is_news = False
    for i, found in carried.may_hold.items():
        known, objects = before.get(i, []), _objects(found)
        is_news = is_news or bool(objects - _objects(known))
        found += [x for x in known if id(x.object) not in objects and carried.is_kept((i, id(x.object)))]
    return is_news


def _objects(aliases: Iterable[Alias]) -> set[int]:
    return {id(alias.object) for alias in aliases}


def _held(stager: Stager, carried: Carried, entries: Sequence[_Entry]) -> dict[int, list[Alias]]:
    """The objects that the loop changes in place of which the variables and cells that are None or unbound on some
    paths may hold the values."""
    changed = {key[1] for key in carried.cells} | {id(object_of(carried.initial[i])) for i in carried.in_place}
    optional = {i: spec for i, spec in enumerate(carried.specs) if isinstance(spec, OptionalSpec | MaybeSpec)}
    found: dict[int, list[Alias]] = {i: [] for i in optional}
    for entry in entries:
        for i, spec in optional.items():
            reached = stager.sharing.reached(entry.objects[i], spec, carried.label(i), entry.given)
            found[i] += [alias for alias in reached if id(alias.object) in changed]
    return found


def first_values(carried: Carried) -> dict[int, int]:
    """The variables and cells for which the graph has values, by the position of the first."""
    found: dict[int, int] = {}
    position = 0
    for i, spec in enumerate(carried.specs):
        count = len(types(spec))
        if count:
            found[position] = i
        position += count
    return found


def facts_of(values: Sequence[Any], again: Sequence[tuple[int, bool]]) -> Facts | None:
    """What is known of these where a trip begins with them, as the test of the loop says; None where none does."""
    flags = [(flag_of(values[i]), holds) for i, holds in again]
    if any(flag is (not holds) for flag, holds in flags):
        return None
    return tuple((flag, holds) for flag, holds in flags if isinstance(flag, Value))


def is_changed(given: Any, staged: StagedBody) -> bool:
    """Whether the body changes in place what it is given, or what is in there: so a number that the first trip has made
    a tensor."""
    return not inside(given).keys().isdisjoint(key[1] for key in staged.touched if key[0] in CHANGEABLE)


def follow_objects(stager: Stager, carried: Carried, staged: StagedBody) -> None:
    """Note what the body was given that may be an object from outside which an earlier trip left in the variable.

    Raises: StagingError where the body changes it in place.
    """
    sharing, settled = stager.sharing, False
    pairs = [
        (carried.label(i), given, left)
        for i, (given, left) in enumerate(zip(staged.passed, staged.outputs, strict=True))
        if i not in carried.in_place and (carried.roster is None or i not in carried.roster.positions)
    ]
    while not settled:
        settled = True
        for label, given, left in pairs:
            if left is not given and stager.is_from_outside(left) and not stager.is_from_outside(given):
                if is_changed(given, staged):
                    raise refused(label)
                sharing.merge(given, [left], label)
                settled = not stager.is_from_outside(given)
