"""What a loop begins with, and what is presumed of what it carries. Where no trip bears that out it is taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from dy2static.staging.objects.cells import Cell
from dy2static.staging.objects.changes import held
from dy2static.staging.objects.coincidence import objects_in, relations
from dy2static.staging.regions.carried import Carried
from dy2static.staging.regions.found_specs import as_found
from dy2static.staging.regions.loop_objects import is_mutable
from dy2static.staging.regions.loop_roster import can_be_exchanged, follow
from dy2static.staging.regions.roles import cells_of
from dy2static.staging.regions.rounds import Found, Trip
from dy2static.staging.stager import Stager
from dy2static.staging.values.spec import ConstantSpec, ContainerSpec, Spec, TensorSpec, spec_of
from dy2static.staging.values.staged import NUMBERS
from dy2static.staging.values.unify import stageable
from graph.aval import Dim


def begin(stager: Stager, state: Sequence[Any], names: Sequence[str], trip: Trip, listed: int) -> Carried:
    """What is known before a trip; `trip` is what the loops in it are expected to carry, `listed` how often something
    has been put into a list of the graph."""
    specs = [spec_of(value, stager) for value in state]
    carried = Carried(names, list(state), specs, trip, list(specs), listed)
    carried.related = relations([carried.initial], stager.sharing)
    return carried


def carry(stager: Stager, carried: Carried, cell: Cell) -> Any:
    """Carry a cell too; returns what it holds."""
    initial = held(cell, stager)
    carried.cells[cell.key] = cell
    carried.initial.append(initial)
    carried.specs.append(spec_of(initial, stager))
    carried.begun.append(carried.specs[-1])
    return initial


def presume_counters(carried: Carried, counters: Sequence[str]) -> set[int]:
    """Begin with values of the graph for integers that each trip changes. Which ones: no error is for that."""
    counted = {i for i, x in enumerate(carried.initial) if type(x) is int and carried.names[i] in counters}
    for i in counted:
        carried.specs[i] = stageable(carried.specs[i])
    carried.presumed |= counted
    return counted


def presume_breaks(carried: Carried) -> None:
    """Begin with flags of the graph for `break`: as a rule a run decides where a loop is left."""
    for i, name in enumerate(carried.names):
        if name.startswith("did_break") and carried.initial[i] is False:
            carried.specs[i] = stageable(carried.specs[i])
            carried.presumed.add(i)


def presume(stager: Stager, carried: Carried, blocks: Sequence[Any], before: Found) -> None:
    """Begin with what a loop of these blocks was found to carry before, and how that was described."""
    carried.trip = before.trip
    varying: dict[Dim, Dim] = {dim: stager.builder.fresh_dim() for dim in before.varying}
    carried.varying |= set(varying.values())
    for i in range(len(carried.names)):
        _presume_spec(carried, i, before.begun[i], before.specs[i], varying)
    for i in before.in_place:
        if is_mutable(carried.initial[i]):
            carried.in_place.add(i)
            carried.presumed.add(i)
    for i in before.kept:
        if isinstance(carried.begun[i], ContainerSpec):
            carried.kept.add(i)
            carried.specs[i] = ConstantSpec(carried.initial[i])
            carried.presumed.add(i)
    places = {i: i for i in range(len(carried.names))}
    for i, cell in enumerate(cells_of(stager, blocks, before.cells), len(carried.names)):
        if cell is not None and cell.key not in carried.cells:
            places[i] = len(carried.initial)
            carried.presumed.add(places[i])
            carry(stager, carried, cell)
            _presume_spec(carried, places[i], before.begun[i], before.specs[i], varying)
    carried.related = relations([carried.initial], stager.sharing)
    _presume_objects(stager, carried, before, places)


def _presume_objects(stager: Stager, carried: Carried, before: Found, places: Mapping[int, int]) -> None:
    """Begin with what was found of the objects that trips leave; `places` are those of variables and cells now, by
    what they were."""
    carried.replaced |= {i for i in before.replaced if i in places}
    objects = {at: x for i, value in enumerate(carried.initial) for at, x in objects_in(value, (i, ()))}
    for i, at, (j, path) in before.within:
        x = objects.get((places.get(j, -1), path))
        if x is not None and i in places:
            carried.within.setdefault(places[i], []).append((at, x))
    carried.unruly |= {places[i] for i in before.unruly if i in places}
    carried.exchanged |= before.exchanged
    carried.elements |= {(places[i], path) for i, path in before.elements if i in places}
    carried.presumed_elements = bool(carried.elements)
    if before.roster <= places.keys():
        follow(stager, carried, {places[i] for i in before.roster if can_be_exchanged(carried, places[i])})


def _presume_spec(carried: Carried, i: int, begun: Spec, found: Spec, varying: Mapping[Dim, Dim]) -> None:
    initial = carried.specs[i]
    carried.specs[i] = as_found(initial, begun, found, varying)
    if carried.specs[i] != initial:
        carried.presumed.add(i)


def foresee(carried: Carried, numbers: Mapping[int, TensorSpec]) -> None:
    """Begin with what an earlier process found numbers to become."""
    for i, spec in numbers.items():
        if type(carried.initial[i]) in NUMBERS:
            carried.specs[i] = spec
            carried.presumed.add(i)


def numbers_in(carried: Carried) -> dict[int, TensorSpec]:
    """The variables that begin as numbers of Python's, and have become values of the graph."""
    pairs = enumerate(zip(carried.initial[: len(carried.names)], carried.specs, strict=False))
    return {i: spec for i, (x, spec) in pairs if type(x) in NUMBERS and isinstance(spec, TensorSpec)}
