"""Loops of the graph: the body is staged until the description of what it carries no longer changes."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from dy2static.errors import StagingError
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.failures.never import until_raised
from dy2static.staging.locate import user_location, user_place
from dy2static.staging.objects.cells import Cell, ItemCell
from dy2static.staging.objects.changeable import object_of, own_handle
from dy2static.staging.objects.changes import left_behind, left_in, object_in, snapshot
from dy2static.staging.objects.coincidence import reunite
from dy2static.staging.objects.frames import CHANGEABLE
from dy2static.staging.objects.sharing_errors import refused_in_list
from dy2static.staging.regions.branch import key_error
from dy2static.staging.regions.carried import Carried, StagedBody, StagedTest
from dy2static.staging.regions.facts import Facts
from dy2static.staging.regions.loop_begin import (
    begin,
    carry,
    foresee,
    numbers_in,
    presume,
    presume_breaks,
    presume_counters,
)
from dy2static.staging.regions.loop_errors import both, changes_others, grows, loop_error
from dy2static.staging.regions.loop_invariants import conclude
from dy2static.staging.regions.loop_invariants import presume as presume_invariants
from dy2static.staging.regions.loop_objects import (
    cell_of,
    facts_of,
    first_values,
    follow_objects,
    inside,
    is_as_it_is,
    is_changed,
    is_mutable,
    mark_elements,
    merge_within,
    relate,
)
from dy2static.staging.regions.loop_roster import (
    draw_up,
    give_numbers,
    has_turns,
    is_borne_out,
    presume_all,
    read_off,
    take_numbers,
    what_it_may_be,
)
from dy2static.staging.regions.region_ops import append_region_op
from dy2static.staging.regions.roles import roles_of
from dy2static.staging.regions.rounds import NO_TRIP, Trip
from dy2static.staging.stager import Stager
from dy2static.staging.values.constants import same_constant
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import held_by
from dy2static.staging.values.spec import (
    ConstantSpec,
    ContainerSpec,
    ObjectSpec,
    pack,
    pack_all,
    spec_of,
    types,
    unpack_all,
)
from dy2static.staging.values.staged import StagedNumber
from dy2static.staging.values.undefined import Undefined
from dy2static.staging.values.unify import MismatchError, unify
from eager.tensor import Tensor
from graph.aval import Dim, scalar
from graph.dtypes import int64
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.location import Loc

MOST_ROUNDS: Final = 20
"""Descriptions only widen, a few steps a variable; more rounds than this would be a bug of ours."""

Body = Callable[..., tuple[Any, ...]]


class ChangingTestError(Exception):
    """The test of a `while` changes something: `while_loop` has no place for that."""


def staged_while(
    stager: Stager,
    test: Callable[..., Any],
    body: Body,
    state: Sequence[Any],
    names: Sequence[str],
    counters: Sequence[str] = (),
    trip: Trip = NO_TRIP,
) -> tuple[Any, ...]:
    """Append a `while_loop`; returns the values of `names` after it. Of these, a trip changes the `counters` that are
    integers. `trip` is what the loops in a trial of the body were found to carry.

    Raises: LoopTypeError naming a variable whose type changes from trip to trip; ChangingTestError.
    """
    loc = user_location()

    def trip_of(carried: Carried) -> StagedBody:
        with stager.region("test") as builder, stager.cells.variables.of(test), stager.cells.frame():
            values = _enter(stager, carried, builder)[: len(names)]
            stager.cells.own(test, names)
            stager.builder.loc = loc
            with stager.cells.frame() as changed:
                truth = until_raised(stager, test, *values)
                pred = stager.predicate(False if truth is None else truth)
                if changed:
                    raise ChangingTestError(next(iter(changed.values()))[0].text)
            again, over = (_carried_facts(builder, stager.told(pred, holds)) for holds in (True, False))
            first = first_values(carried)
        told = [(first[i], holds) for i, holds in again if i in first]
        staged = _stage_body(stager, carried, body, None, again, facts_of(carried.initial, told) or ())
        staged.test = StagedTest(builder, pred, told, over)
        return staged

    found = _settle(stager, state, names, trip_of, (body, test), loc, counters, trip)
    return _finish(stager, "while_loop", (), *found, loc)


def staged_for(
    stager: Stager,
    trips: Value,
    item: Callable[[StagedNumber], Any],
    body: Body,
    state: Sequence[Any],
    names: Sequence[str],
) -> tuple[Any, ...]:
    """Append a `for_loop` of `trips` (i64[]) whose body is given `item(i)`; returns the values of `names` after it.

    Raises: LoopTypeError naming a variable whose type changes from trip to trip.
    """
    loc = user_location()

    def trip_of(carried: Carried) -> StagedBody:
        return _stage_body(stager, carried, body, item)

    return _finish(stager, "for_loop", (trips,), *_settle(stager, state, names, trip_of, (body,), loc), loc)


def _settle(
    stager: Stager,
    state: Sequence[Any],
    names: Sequence[str],
    trip_of: Callable[[Carried], StagedBody],
    blocks: Sequence[Any],
    loc: Loc,
    counters: Sequence[str] = (),
    trip: Trip = NO_TRIP,
) -> tuple[Carried, StagedBody, list[Value]]:
    """Stage trips, by `trip_of`, until the description of what they carry covers what they leave; gives the last one
    with the graph values that it yields. `blocks` are those of the loop; `trip` is what the loops in it are expected
    to carry."""
    place, listed = user_place(), stager.sharing.elements.count
    carried = begin(stager, state, names, trip, listed)
    counted = presume_counters(carried, counters)
    number = stager.rounds.begin(names)
    before = stager.rounds.at(place, names)
    if before is None:
        presume_breaks(carried)
    else:
        presume(stager, carried, blocks, before)
    foresee(carried, stager.rounds.foreseen(number))
    is_followed = is_exchanged = False

    def note(found: Carried) -> None:
        roles = roles_of(stager, blocks, tuple(found.cells))
        stager.rounds.note(place, found.found(roles))

    for i in range(MOST_ROUNDS):
        try:
            with stager.rounds.trip(carried.trip) as carried.trip:
                staged = trip_of(carried)
            is_wider = _widen(stager, carried, staged, loc)
            if staged.unseen and not is_wider:
                raise refused_in_list(put_at=staged.unseen[0])
        except Exception as error:  # if it was not for what was presumed, the next trip raises it again
            if not is_exchanged and getattr(error, "is_of_element", False) and carried.in_place:
                given, is_exchanged = carried.in_place, True
                carried = begin(stager, state, names, NO_TRIP, listed)
                carried.exchange(given, stager.sharing)
                continue
            if not carried.is_presumed(counted) and (is_followed or not isinstance(error, StagingError)):
                note(carried)
                raise
            failed, is_followed = carried, not carried.is_presumed(counted)
            carried = begin(stager, state, names, NO_TRIP, listed)
            if is_followed and not presume_all(stager, carried):
                note(failed)
                raise
            continue
        if is_wider:
            continue
        packed = _pack(stager, carried, staged)
        if packed is not None:
            note(carried)
            stager.rounds.settle(number, numbers_in(carried), i + 1)
            return carried, staged, packed
        carried = begin(stager, state, names, carried.trip, listed)
    if carried.widened is None:
        raise changes_others(carried.cells.values(), loc)
    raise grows(carried.label(carried.widened), carried.specs[carried.widened], loc)


def _enter(stager: Stager, carried: Carried, builder: GraphBuilder) -> list[Any]:
    """Make the region's parameters for what is carried and give the cells their values; returns these after those of
    the names."""
    params: list[Value] = []
    for i, spec in enumerate(carried.specs):
        hint = carried.names[i] if i < len(carried.names) else ""
        params += [builder.param(t, hint) for t in types(spec)]
    values = unpack_all(carried.specs, params, stager)
    count = len(carried.names)
    labels = [carried.label(i) for i in range(len(values))]
    changed_in_place: list[tuple[int, Any, Any]] = []
    for i in carried.in_place:
        changed_in_place.append((i, values[i], own_handle(carried.initial[i])))
        stager.cells.give(cell_of(carried.initial[i]), object_of(values[i]))
        values[i] = carried.initial[i]
    reunite(values, carried.related, labels, stager.sharing)
    with stager.sharing.at_once():
        for i, cell in enumerate(carried.cells.values(), count):
            values[i] = held_by(cell, values[i])
            _merge(stager, carried, i, values[i], cell.load(), ())
            merge_within(stager, carried, i, values[i])
            stager.cells.give(cell, values[i])
        for i, value, before in changed_in_place:
            stager.sharing.merge_items(value, before, labels[i])
            merge_within(stager, carried, i, value)
        for i, value in enumerate(values[:count]):
            if i in carried.in_place:
                continue
            given = object_of(value)
            if not isinstance(given, MaybeDefined):  # what a read leaves in one is nothing that the loop carries
                before = inside(carried.initial[i])
                for x in (x for identity, x in inside(given).items() if identity not in before):
                    stager.cells.stand_in(x)
            stager.sharing.carry(value, carried.initial[i])
            if i in carried.replaced and is_as_it_is(value):
                _merge(stager, carried, i, value, carried.initial[i], carried.left[i : i + 1])
                merge_within(stager, carried, i, value)
    mark_elements(stager, carried, values)
    presume_invariants(stager, carried, values)
    for i, objects in carried.may_hold.items():
        if not isinstance(values[i], Tensor):
            stager.sharing.hold(values[i], objects)
    give_numbers(carried, values)
    return values


def _merge(stager: Stager, carried: Carried, i: int, value: Any, initial: Any, left: Sequence[Any]) -> None:
    """Note that a variable or cell stands for what it was before the loop, or for what trips have left in it."""
    label, sharing = carried.label(i), stager.sharing
    if has_turns(carried, i):
        sharing.merge(value, what_it_may_be(carried), label)
        return
    with sharing.elements.as_before([*inside(initial)], carried.listed):
        sharing.merge(value, [initial], label)
    if left:
        sharing.merge(value, left, label)


def _carried_facts(test: GraphBuilder, facts: Facts) -> list[tuple[int, bool]]:
    """What a test tells of carried flags, by position."""
    return [(test.params.index(flag), holds) for flag, holds in facts if flag in test.params]


def _stage_body(
    stager: Stager,
    carried: Carried,
    body: Body,
    item: Callable[[StagedNumber], Any] | None,
    again: Sequence[tuple[int, bool]] = (),
    before: Facts = (),
) -> StagedBody:
    with (
        stager.region("body") as builder,
        stager.cells.variables.of(body),
        stager.cells.frame(builder) as frame,
        stager.rosters.of(carried.roster),
        stager.sharing.elements.trip() as elements,
    ):
        index = None if item is None else builder.param(scalar(int64), "i")
        given = _enter(stager, carried, builder)
        passed = given[: len(carried.names)]
        stager.assume((*((builder.params[i], holds) for i, holds in again), *before))
        entered = set(frame)
        stager.cells.own(body, carried.names, passed)

        def trip() -> tuple[Any, ...]:
            items = [] if item is None or index is None else [item(StagedNumber.of(index))]
            return body(*items, *passed)

        outputs = list(until_raised(stager, trip) or passed)
        take_numbers(stager, carried, outputs)
        values = [snapshot(value, frame, stager) for value in outputs]
        touched = {key for key in frame if key not in entered}
        touched |= {cell_of(carried.initial[i]).key for i in carried.in_place if outputs[i] is carried.initial[i]}
        return StagedBody(
            builder, passed, given, outputs, values, left_behind(frame, stager, builder), touched, elements.unseen
        )


def _widen(stager: Stager, carried: Carried, staged: StagedBody, loc: Loc) -> bool:
    """Widen the descriptions to cover what one trip left; whether anything changed, so that the body is staged anew."""
    is_drawn_up = draw_up(stager, carried, staged)
    changed = _note_in_place(stager, carried, staged, loc) or is_drawn_up
    if exchanged := carried.exchanged & (carried.in_place | carried.kept):
        carried.exchange(exchanged, stager.sharing)
        return True
    own = {id(object_of(carried.initial[i])) for i in carried.in_place}
    for value, before in zip(staged.passed, carried.initial, strict=False):
        own |= inside(value).keys() - inside(before).keys()
    for key, change in staged.changed.items():
        if key not in carried.cells and key[1] not in own:
            initial = carry(stager, carried, change.cell)
            is_new = isinstance(initial, Undefined) != isinstance(change.object, Undefined)
            if isinstance(change.cell, ItemCell) and is_new:
                error = key_error(change.cell, loc)
                error.is_of_first_trip = True
                raise error
            changed = True
    left = [*staged.values, *(_left_in(stager, staged, cell) for cell in carried.cells.values())]

    def join(carried_dim: Dim, new: Dim) -> Dim:
        if carried_dim in carried.varying:
            return carried_dim
        fresh = stager.builder.fresh_dim()
        carried.varying.add(fresh)
        return fresh

    carried.widened, was_kept = None, False
    for i, value in enumerate(left):
        if i in carried.kept:
            continue
        before = carried.specs[i]
        with stager.within(staged.builder):
            after = spec_of(value, stager)
        try:
            carried.specs[i] = unify(before, after, join)
        except MismatchError as error:
            raise loop_error(carried.label(i), error, loc) from None
        if carried.specs[i] != before:
            carried.widened = i
            was_kept = was_kept or (i < len(carried.names) and isinstance(before, ObjectSpec))
    if was_kept:
        carried.forget(stager.sharing)
        return True
    changed = changed or carried.widened is not None
    changed = relate(stager, carried, staged, changed) or changed
    return (not is_drawn_up and not is_borne_out(stager, carried, staged)) or changed


def _left_in(stager: Stager, staged: StagedBody, cell: Cell) -> Any:
    return left_in(cell, staged.changed, stager)


def _note_in_place(stager: Stager, carried: Carried, staged: StagedBody, loc: Loc) -> bool:
    """Find the variables whose object the body changed and kept."""
    found = False
    owners = {key[1] for key in staged.touched if key[0] in CHANGEABLE}
    for i, (passed, output) in enumerate(zip(staged.passed, staged.outputs, strict=True)):
        if i in carried.kept or i in carried.in_place:
            if output is not passed:
                carried.exchanged.add(i)
            continue
        if i in carried.exchanged:
            continue
        if output is passed and isinstance(carried.specs[i], ContainerSpec) and _changes_below(passed, owners):
            carried.kept.add(i)
            carried.specs[i] = ConstantSpec(carried.initial[i])
            found = True
            continue
        if not is_mutable(passed) or not is_mutable(carried.initial[i]):
            continue
        is_touched = cell_of(passed).key in staged.touched
        if output is passed and (is_touched or cell_of(carried.initial[i]).key in staged.touched):  # by another name
            carried.in_place.add(i)
            found = True
        elif is_touched and stager.is_from_outside(carried.initial[i]) and not has_turns(carried, i):
            raise both(carried.label(i), loc)
    return found


def _changes_below(value: Any, owners: set[int]) -> bool:
    """Whether the objects changed are in the container, and it is not a list that is changed itself."""
    return not owners.isdisjoint(inside(value)) and not (isinstance(value, StageableList) and id(value) in owners)


def _pack(stager: Stager, carried: Carried, staged: StagedBody) -> list[Value] | None:
    """The graph values that a trip leaves; None where it leaves something as it was that was presumed to change."""
    left = [*staged.values, *(_left_in(stager, staged, cell) for cell in carried.cells.values())]
    with stager.within(staged.builder):
        packed = [pack(spec, value, stager) for spec, value in zip(carried.specs, left, strict=True)]
    for i in carried.presumed:
        is_as_it_was = same_constant(left[i], carried.initial[i]) or all(v in staged.builder.params for v in packed[i])
        if packed[i] and is_as_it_was:
            return None
    return [value for values in packed for value in values]


def _finish(
    stager: Stager,
    op: str,
    lead: tuple[Value, ...],
    carried: Carried,
    staged: StagedBody,
    packed: list[Value],
    loc: Loc,
) -> tuple[Any, ...]:
    test = staged.test
    tests, preds = ([], []) if test is None else ([test.builder], [[test.pred]])
    stager.builder.loc = loc
    initial = pack_all(carried.specs, carried.initial, stager)
    regions, captured = close([*tests, staged.builder], [*preds, packed])
    results = append_region_op(stager, lookup(op), (*lead, *initial, *captured), {"carried": len(initial)}, regions)
    stager.assume(() if test is None else tuple((results[i], holds) for i, holds in test.over))
    merged = unpack_all(carried.specs, results, stager)
    count = len(carried.names)
    follow_objects(stager, carried, staged)
    labels = [carried.label(i) for i in range(len(merged))]
    for i in range(count):
        if i in carried.in_place:
            given, before = merged[i], own_handle(carried.initial[i])
            stager.cells.take(cell_of(carried.initial[i]), object_of(given))
            stager.sharing.merge_items(given, before, labels[i])
            merge_within(stager, carried, i, given)
            merged[i] = carried.initial[i]
        elif staged.outputs[i] is staged.passed[i] and not is_changed(staged.passed[i], staged):
            merged[i] = carried.initial[i]  # no trip replaces it
            stager.sharing.elements.hand_on(staged.passed[i], merged[i])
    reunite(merged, carried.related_after, labels, stager.sharing)
    with stager.sharing.at_once():
        for i, cell in enumerate(carried.cells.values(), count):
            merged[i] = held_by(cell, merged[i])
            _merge(stager, carried, i, merged[i], cell.load(), [object_in(cell, staged.changed, stager)])
            if is_as_it_is(merged[i]):
                merge_within(stager, carried, i, merged[i])
            stager.cells.take(cell, merged[i])
        for i in range(count):
            if merged[i] is not carried.initial[i]:
                _merge(stager, carried, i, merged[i], carried.initial[i], staged.outputs[i : i + 1])
                if is_as_it_is(merged[i]):
                    merge_within(stager, carried, i, merged[i])
    conclude(stager, carried, merged)
    read_off(stager, carried, merged)
    return tuple(merged[:count])
