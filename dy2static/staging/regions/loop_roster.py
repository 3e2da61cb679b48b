"""The roster of a loop (see `roster`): drawn up when a trip is seen to exchange objects that it changes in place, kept
as long as trips bear it out, and read where the loop is over."""

from collections.abc import Sequence
from typing import Any

from dy2static.staging.objects.cells import HandleCell
from dy2static.staging.objects.changeable import is_changeable
from dy2static.staging.objects.changes import object_in
from dy2static.staging.objects.stale import is_stale
from dy2static.staging.regions.carried import Carried, StagedBody
from dy2static.staging.regions.roster import Number, Roster
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedNumber
from eager.elementwise import where
from eager.tensor import Tensor
from graph.ir.value import Value


def draw_up(stager: Stager, carried: Carried, staged: StagedBody) -> bool:
    """Note the tensors that a trip has exchanged, if it changes any in place; whether there are some."""
    if carried.roster is not None or not any(key[0] == "tensor" for key in staged.touched):
        return False
    return follow(stager, carried, _exchanged(stager, carried, staged))


def presume_all(stager: Stager, carried: Carried) -> bool:
    """Follow all tensors: a trip was refused, and it may have been for a change in place of one of these. Whether there
    is anything to follow."""
    if carried.roster is not None:
        return False
    count = len(carried.initial)
    return follow(stager, carried, {i for i in range(count) if can_be_exchanged(carried, i)})


def follow(stager: Stager, carried: Carried, positions: set[int]) -> bool:
    """Draw up a roster of what these variables and cells hold; whether there is one."""
    objects = {i: carried.initial[i] for i in sorted(positions)}
    if len(objects) < 2 or len({id(x) for x in objects.values()}) < len(objects):
        return False
    carried.roster = Roster(objects)
    stager.cells.born(carried.roster)  # what is around the loop does not know the numbers
    return True


def _exchanged(stager: Stager, carried: Carried, staged: StagedBody) -> set[int]:
    """The variables and cells that a trip leaves what others of them held, on some paths at least."""
    cells = list(carried.cells.values())
    left = [*staged.outputs, *(object_in(cell, staged.changed, stager) for cell in cells)]
    found = {i for i in range(len(staged.given)) if can_be_exchanged(carried, i) and left[i] is not staged.given[i]}
    is_done = False
    while not is_done:
        given = {id(staged.given[i]) for i in found}
        kept = {i for i in found if any(id(x) in given for x in stager.sharing.what_may_be(left[i]))}
        is_done, found = kept == found, kept
    return found


def can_be_exchanged(carried: Carried, i: int) -> bool:
    """Whether the variable or cell holds a tensor that another one may get."""
    if i in carried.unruly or i in carried.in_place:
        return False
    x, count = carried.initial[i], len(carried.names)
    is_copy = i >= count and isinstance(list(carried.cells.values())[i - count], HandleCell)
    return isinstance(x, Tensor) and is_changeable(x) and not is_stale(x) and not is_copy


def give_numbers(carried: Carried, given: Sequence[Any]) -> None:
    """Note the numbers of the objects that a trip is given."""
    if carried.roster is not None:
        for i in carried.roster.positions:
            carried.roster.note(given[i], carried.roster.numbers[i])


def take_numbers(stager: Stager, carried: Carried, outputs: Sequence[Any]) -> None:
    """Store the numbers of the objects that a trip leaves."""
    roster = carried.roster
    if roster is None:
        return
    cells = list(carried.cells.values())
    left = [*outputs, *(cell.load() for cell in cells)]
    numbers = [roster.number_of(left[i]) for i in roster.positions]
    for cell, now in zip(roster.cells(), numbers, strict=True):
        if now is None:
            roster.lost.add(cell.position)
        else:
            stager.cells.put(cell, now)


def has_turns(carried: Carried, i: int) -> bool:
    """Whether the variable holds objects by turns."""
    return carried.roster is not None and i in carried.roster.positions


def what_it_may_be(carried: Carried) -> Sequence[Any]:
    """The objects that variables and cells hold by turns."""
    return () if carried.roster is None else carried.roster.objects


def is_borne_out(stager: Stager, carried: Carried, staged: StagedBody) -> bool:
    """Whether what a trip leaves is as the roster says: each variable has an object of it, no two have one."""
    roster = carried.roster
    if roster is None:
        return True
    known = set(roster.positions)
    kept = _exchanged(stager, carried, staged) - roster.lost
    are_shared = any(p[0] in known and q[0] in known for p, q in carried.related)
    is_right = not are_shared and len({str(carried.specs[i]) for i in known}) == 1
    if kept == known and is_right:
        return True
    carried.unruly |= known - kept if is_right else known
    carried.roster = None
    follow(stager, carried, kept - carried.unruly)
    return False


def read_off(stager: Stager, carried: Carried, merged: Sequence[Any]) -> None:
    """The loop is over and `merged` is in its variables and cells: give its objects, where they can no longer be used
    for what it has changed, what is in them now."""
    roster, outer = carried.roster, stager.rosters.innermost
    if roster is None:
        return
    if outer is not None:
        others = [outer.number_of(x) for x in roster.objects]
        for i in roster.positions:
            if all(x is not None for x in others):
                outer.note(merged[i], _number_among(stager, roster.numbers[i], others))
    holders = [(roster.numbers[i], merged[i]) for i in roster.positions]
    for m, x in enumerate(roster.objects):
        if is_stale(x):
            stager.cells.take(HandleCell(x), _held(stager, m, holders))


def _held(stager: Stager, m: int, holders: Sequence[tuple[Number, Tensor]]) -> Tensor:
    """What the one of the holders has that has the number `m`."""
    *others, (_, found) = holders
    for number, x in others:
        if isinstance(number, StagedNumber):
            found = where(stager.handle(stager.builder.eq(number.graph_value, m)), x, found)
        elif number == m:
            return x
    return found


def _number_among(stager: Stager, number: Number, others: Sequence[Number]) -> Number:
    if not isinstance(number, StagedNumber):
        return others[number]
    b = stager.builder
    found: Value = stager.lift(others[-1]) if isinstance(others[-1], StagedNumber) else b.constant(others[-1])
    for m, other in enumerate(others[:-1]):
        found = b.where(b.eq(number.graph_value, m), stager.lift(other), found)
    return StagedNumber.of(found)
