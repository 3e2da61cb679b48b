"""Loops of the graph: the body is staged until the description of what it carries no longer changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dy2static.errors import StagingError
from dy2static.staging.branch import key_error, label_of
from dy2static.staging.cells import Cell, HandleCell, ItemCell, Key, ListCell
from dy2static.staging.changes import Changes, held, left_behind, left_in, object_in, snapshot
from dy2static.staging.coincidence import Relations, objects_in, relations, reunite
from dy2static.staging.frames import CHANGEABLE
from dy2static.staging.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.maybe import MaybeDefined
from dy2static.staging.never import until_raised
from dy2static.staging.optional import held_by
from dy2static.staging.region_ops import append_region_op
from dy2static.staging.sharing import is_changeable, object_of, own_handle
from dy2static.staging.spec import (
    ConstantSpec,
    ContainerSpec,
    MismatchError,
    Spec,
    pack_all,
    spec_of,
    types,
    unify,
    unpack_all,
)
from dy2static.staging.staged import StagedNumber
from dy2static.staging.stager import Facts, Stager
from dy2static.staging.stale import refused
from dy2static.staging.undefined import Undefined
from graph.aval import Dim, scalar
from graph.dtypes import int64
from graph.errors import InternalError, LoopTypeError
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.location import Loc

MOST_ROUNDS: Final = 20
"""Descriptions only widen, a few steps a variable; more rounds than this would be a bug of ours."""

Body = Callable[..., tuple[Any, ...]]


@dataclass(slots=True)
class Carried:
    """What a loop carries: variables of the converted code, then cells that its body changes.

    `in_place` are variables whose tensor or list the body changes but does not replace: their aliases see what the loop
    does. `kept` are those of other objects (dicts, dataclasses, tuples of such): the body is given the object itself,
    and what it changes in there is carried as cells.
    """

    names: Sequence[str]
    initial: list[Any]
    specs: list[Spec]
    cells: dict[Key, Cell] = field(default_factory=dict[Key, Cell])
    in_place: set[int] = field(default_factory=set[int])
    kept: set[int] = field(default_factory=set[int])
    varying: set[Dim] = field(default_factory=set[Dim])
    related: Relations = field(default_factory=Relations)
    """Which variables and cells hold one object when a trip begins."""
    replaced: set[int] = field(default_factory=set[int])
    """The variables that the body gives other objects."""
    left: Sequence[Any] = ()
    """The objects that the last staging of the body left in them."""

    def label(self, i: int) -> str:
        if i < len(self.names):
            return label_of(self.names[i])
        return list(self.cells.values())[i - len(self.names)].text


@dataclass(slots=True)
class StagedBody:
    """One staging of the body: what it was given, what it returned (objects, and their values then), what changed."""

    builder: GraphBuilder
    passed: list[Any]
    outputs: list[Any]
    values: list[Any]
    changed: Changes
    touched: set[Key]


def staged_while(
    stager: Stager, test: Callable[..., Any], body: Body, state: Sequence[Any], names: Sequence[str]
) -> tuple[Any, ...]:
    """Append a `while_loop`; returns the values of `names` after it.

    Raises: LoopTypeError naming a variable whose type changes from trip to trip.
    """
    loc = user_location()
    carried = _begin(stager, state, names)
    for _ in range(MOST_ROUNDS):
        with stager.region("test") as test_builder, stager.cells.variables.of(test), stager.cells.frame() as frame:
            values = _enter(stager, carried, test_builder)
            entered = set(frame)
            stager.cells.own(test, names)
            stager.builder.loc = loc
            truth = until_raised(stager, test, *values)
            pred = stager.predicate(False if truth is None else truth)
            told, over = (_carried_facts(test_builder, stager.told(pred, holds)) for holds in (True, False))
            if left := [cell for key, (cell, _) in frame.items() if key not in entered]:
                raise StagingError(
                    f"the test of this loop changes {left[0].text}",
                    next_step="make the change in the body, before or after the test.",
                    loc=loc,
                )
        staged = _stage_body(stager, carried, body, None, told)
        if not _widen(stager, carried, staged, loc):
            packed = _pack(stager, carried, staged)
            return _finish(stager, carried, staged, "while_loop", (), [test_builder], [[pred], packed], loc, over)
    raise InternalError("the description of a loop's state does not settle")


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
    carried = _begin(stager, state, names)
    for _ in range(MOST_ROUNDS):
        staged = _stage_body(stager, carried, body, item)
        if not _widen(stager, carried, staged, loc):
            packed = _pack(stager, carried, staged)
            return _finish(stager, carried, staged, "for_loop", (trips,), [], [packed], loc)
    raise InternalError("the description of a loop's state does not settle")


def _begin(stager: Stager, state: Sequence[Any], names: Sequence[str]) -> Carried:
    carried = Carried(names, list(state), [spec_of(value, stager) for value in state])
    carried.related = relations([carried.initial], stager.sharing)
    return carried


def _enter(stager: Stager, carried: Carried, builder: GraphBuilder) -> list[Any]:
    """Make the region's parameters for what is carried and give the cells their values; returns those of the names."""
    params: list[Value] = []
    for i, spec in enumerate(carried.specs):
        hint = carried.names[i] if i < len(carried.names) else ""
        params += [builder.param(t, hint) for t in types(spec)]
    values = unpack_all(carried.specs, params, stager)
    count = len(carried.names)
    labels = [carried.label(i) for i in range(len(values))]
    changed_in_place: list[tuple[str, Any, Any]] = []
    for i in carried.in_place:
        changed_in_place.append((labels[i], values[i], own_handle(carried.initial[i])))
        stager.cells.put(_cell_of(carried.initial[i]), object_of(values[i]))
        values[i] = carried.initial[i]
    reunite(values, carried.related, labels, stager.sharing)
    for cell, value in zip(carried.cells.values(), values[count:], strict=True):
        stager.sharing.merge(value, [cell.load()], cell.text)
        stager.cells.put(cell, held_by(cell, value))
    for label, value, before in changed_in_place:
        stager.sharing.merge_items(value, before, label)
    for i, value in enumerate(values[:count]):
        if i in carried.in_place:
            continue
        given = object_of(value)
        if not isinstance(given, MaybeDefined):  # what a read leaves in one is nothing that the loop carries
            for x in _inside(given).values():
                stager.cells.forget(x)
        stager.sharing.carry(value, carried.initial[i])
        if i in carried.replaced:
            stager.sharing.merge(value, [carried.initial[i], *carried.left[i : i + 1]], labels[i])
    return values[:count]


def _is_mutable(value: Any) -> bool:
    return is_changeable(object_of(value))


def _cell_of(value: Any) -> Cell:
    value = object_of(value)
    return ListCell(value) if isinstance(value, StageableList) else HandleCell(value)


def _carried_facts(test: GraphBuilder, facts: Facts) -> list[tuple[int, bool]]:
    """What a test tells of carried flags, by position."""
    return [(test.params.index(flag), holds) for flag, holds in facts if flag in test.params]


def _stage_body(
    stager: Stager,
    carried: Carried,
    body: Body,
    item: Callable[[StagedNumber], Any] | None,
    facts: Sequence[tuple[int, bool]] = (),
) -> StagedBody:
    with stager.region("body") as builder, stager.cells.variables.of(body), stager.cells.frame(builder) as frame:
        index = None if item is None else builder.param(scalar(int64), "i")
        passed = _enter(stager, carried, builder)
        stager.assume(tuple((builder.params[i], holds) for i, holds in facts))
        entered = set(frame)
        stager.cells.own(body, carried.names, passed)

        def trip() -> tuple[Any, ...]:
            items = [] if item is None or index is None else [item(StagedNumber.of(index))]
            return body(*items, *passed)

        outputs = list(until_raised(stager, trip) or passed)
        values = [snapshot(value, frame, stager) for value in outputs]
        touched = {key for key in frame if key not in entered}
        touched |= {_cell_of(carried.initial[i]).key for i in carried.in_place if outputs[i] is carried.initial[i]}
        return StagedBody(builder, passed, outputs, values, left_behind(frame, stager, builder), touched)


def _widen(stager: Stager, carried: Carried, staged: StagedBody, loc: Loc) -> bool:
    """Widen the descriptions to cover what one trip left; whether anything changed, so that the body is staged anew."""
    changed = _note_in_place(stager, carried, staged, loc)
    own = {id(object_of(carried.initial[i])) for i in carried.in_place}
    given = [x for x, before in zip(staged.passed, carried.initial, strict=False) if x is not before]
    own |= {identity for value in given for identity in _inside(value)}
    for key, change in staged.changed.items():
        if key not in carried.cells and key[1] not in own:
            cell = carried.cells[key] = change.cell
            initial = held(cell, stager)
            if isinstance(cell, ItemCell) and isinstance(initial, Undefined) != isinstance(change.object, Undefined):
                raise key_error(cell, loc)
            carried.initial.append(initial)
            carried.specs.append(spec_of(initial, stager))
            changed = True
    left = [*staged.values, *(_left_in(stager, staged, cell) for cell in carried.cells.values())]

    def join(carried_dim: Dim, new: Dim) -> Dim:
        if carried_dim in carried.varying:
            return carried_dim
        fresh = stager.builder.fresh_dim()
        carried.varying.add(fresh)
        return fresh

    for i, value in enumerate(left):
        if i in carried.kept:
            continue
        before = carried.specs[i]
        outer, stager.builder = stager.builder, staged.builder
        try:
            after = spec_of(value, stager)
        finally:
            stager.builder = outer
        try:
            carried.specs[i] = unify(before, after, join)
        except MismatchError as error:
            raise _loop_error(carried.label(i), error, loc) from None
        changed = changed or carried.specs[i] != before
    return _relate(stager, carried, staged) or changed


def _relate(stager: Stager, carried: Carried, staged: StagedBody) -> bool:
    """Find which variables and cells hold one object; whether that is news, so that the body is staged anew."""
    cells = carried.cells.values()
    given = list(zip(staged.passed, staged.outputs, strict=True))
    replaced = {i for i, (passed, output) in enumerate(given) if output is not passed}
    owners = {key[1] for key in staged.touched}
    late = any(not owners.isdisjoint(_inside(given[i][0])) for i in replaced - carried.replaced)
    carried.replaced |= replaced
    carried.left = [*staged.outputs, *(object_in(cell, staged.changed, stager) for cell in cells)]
    before, carried.related = carried.related, relations([carried.initial, carried.left], stager.sharing)
    return late or carried.related != before


def _left_in(stager: Stager, staged: StagedBody, cell: Cell) -> Any:
    return left_in(cell, staged.changed, stager)


def _note_in_place(stager: Stager, carried: Carried, staged: StagedBody, loc: Loc) -> bool:
    """Find the variables whose object the body changed and kept."""
    found = False
    owners = {key[1] for key in staged.touched if key[0] in CHANGEABLE}
    for i, (passed, output) in enumerate(zip(staged.passed, staged.outputs, strict=True)):
        if i in carried.kept:
            if output is not passed:
                raise _both(carried.label(i), loc)
            continue
        if output is passed and isinstance(carried.specs[i], ContainerSpec) and _changes_below(passed, owners):
            carried.kept.add(i)
            carried.specs[i] = ConstantSpec(carried.initial[i])
            found = True
            continue
        if output is not passed and any(isinstance(x, dict) and key in owners for key, x in _inside(passed).items()):
            raise _both(carried.label(i), loc)  # what else the dict is called is not known: none is referred to weakly
        if not _is_mutable(passed) or not _is_mutable(carried.initial[i]):
            continue
        is_touched = _cell_of(passed).key in staged.touched
        if i in carried.in_place:
            if output is not passed:
                raise _both(carried.label(i), loc)
        elif is_touched and output is passed:
            carried.in_place.add(i)
            found = True
        elif is_touched and stager.is_from_outside(carried.initial[i]):
            raise _both(carried.label(i), loc)
    return found


def _inside(value: Any) -> dict[int, Any]:
    """The objects in a value that can change, by identity."""
    return {id(x): x for _, x in objects_in(value)}


def _changes_below(value: Any, owners: set[int]) -> bool:
    """Whether the objects changed are in the container, and it is not a list that is changed itself."""
    return not owners.isdisjoint(_inside(value)) and not (isinstance(value, StageableList) and id(value) in owners)


def _both(label: str, loc: Loc) -> StagingError:
    return StagingError(
        f"{label} is changed in place and also given another value in this loop, so the object that it names before "
        "the loop would change in the first trip only",
        next_step="write the in-place change as a new value (`x = x + v` for `x += v`), or copy it before the loop.",
        loc=loc,
    )


def _loop_error(label: str, error: MismatchError, loc: Loc) -> LoopTypeError:
    where = f" at `{error.path}`" if error.path else ""
    hint = (
        "keep it an ordinary value that does not change in the loop, or make it a tensor or a number before the loop."
        if isinstance(error.a, ConstantSpec) or isinstance(error.b, ConstantSpec)
        else f"give {label} the type that it has after one trip before the loop, with `astype` or a shape that fits."
    )
    return LoopTypeError(
        f"{label}{where} is {error.a} before a trip of this loop and {error.b} after it; a graph needs one type.",
        next_step=hint,
        loc=loc,
    )


def _pack(stager: Stager, carried: Carried, staged: StagedBody) -> list[Value]:
    left = [*staged.values, *(_left_in(stager, staged, cell) for cell in carried.cells.values())]
    outer, stager.builder = stager.builder, staged.builder
    try:
        return pack_all(carried.specs, left, stager)
    finally:
        stager.builder = outer


def _finish(
    stager: Stager,
    carried: Carried,
    staged: StagedBody,
    op: str,
    lead: tuple[Value, ...],
    tests: list[GraphBuilder],
    yields: list[list[Value]],
    loc: Loc,
    facts: Sequence[tuple[int, bool]] = (),
) -> tuple[Any, ...]:
    stager.builder.loc = loc
    initial = pack_all(carried.specs, carried.initial, stager)
    regions, captured = close([*tests, staged.builder], yields)
    results = append_region_op(stager, lookup(op), (*lead, *initial, *captured), {"carried": len(initial)}, regions)
    stager.assume(tuple((results[i], holds) for i, holds in facts))
    merged = unpack_all(carried.specs, results, stager)
    count = len(carried.names)
    _follow_objects(stager, carried, staged)
    labels = [carried.label(i) for i in range(len(merged))]
    for i in range(count):
        if i in carried.in_place:
            stager.cells.put(_cell_of(carried.initial[i]), object_of(merged[i]))
            merged[i] = carried.initial[i]
        elif staged.outputs[i] is staged.passed[i]:
            merged[i] = carried.initial[i]  # no trip replaces it
    reunite(merged, carried.related, labels, stager.sharing)
    for cell, value in zip(carried.cells.values(), merged[count:], strict=True):
        stager.sharing.merge(value, [cell.load(), object_in(cell, staged.changed, stager)], cell.text)
        stager.cells.put(cell, held_by(cell, value))
    for i in range(count):
        if merged[i] is not carried.initial[i]:
            stager.sharing.merge(merged[i], [carried.initial[i], staged.outputs[i]], labels[i])
    return tuple(merged[:count])


def _follow_objects(stager: Stager, carried: Carried, staged: StagedBody) -> None:
    """Note what the body was given that may be an object from outside which an earlier trip left in the variable.

    Raises: StagingError where the body changes it in place.
    """
    sharing, settled = stager.sharing, False
    pairs = [
        (carried.label(i), given, left)
        for i, (given, left) in enumerate(zip(staged.passed, staged.outputs, strict=True))
        if i not in carried.in_place
    ]
    while not settled:
        settled = True
        for label, given, left in pairs:
            if left is not given and stager.is_from_outside(left) and not stager.is_from_outside(given):
                if _is_mutable(given) and _cell_of(given).key in staged.touched:
                    raise refused(label)
                sharing.merge(given, [left], label)
                settled = not stager.is_from_outside(given)
