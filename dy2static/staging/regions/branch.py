"""`if` on a staged test: both branches are staged as regions, what they leave behind is merged into a `cond`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from dy2static.errors import StagingError
from dy2static.staging.advice import kinds_of, of_choices, of_objects
from dy2static.staging.failures.never import Never, RaisedInGraph, until_raised
from dy2static.staging.locate import user_location
from dy2static.staging.objects.aliases import ALWAYS
from dy2static.staging.objects.cells import Cell, ItemCell, Key
from dy2static.staging.objects.changes import Changes, left_behind, left_in, object_in, snapshot
from dy2static.staging.objects.coincidence import relations, reunite
from dy2static.staging.regions.facts import Facts
from dy2static.staging.regions.region_ops import append_region_op
from dy2static.staging.regions.roster import numbers_left
from dy2static.staging.stager import Stager
from dy2static.staging.values.optional import held_by, maybe_none
from dy2static.staging.values.spec import ConstantSpec, Spec, pack_all, spec_of, unpack_all
from dy2static.staging.values.staged import StagedTensor
from dy2static.staging.values.undefined import Undefined
from dy2static.staging.values.unify import MismatchError, unify
from graph.errors import BranchTypeError
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.location import Loc

T = TypeVar("T")


@dataclass(slots=True)
class Branch:
    """One branch, staged: its region, the objects and the values of the output names, what it left in changed cells."""

    builder: GraphBuilder
    outputs: tuple[Any, ...]
    values: tuple[Any, ...]
    changed: Changes
    raises: bool = False
    """Whether it ends in an exception."""


def staged_if(
    stager: Stager,
    test: Any,
    then: Callable[..., tuple[Any, ...]],
    orelse: Callable[..., tuple[Any, ...]],
    inputs: Sequence[Any],
    names: Sequence[str],
) -> tuple[Any, ...]:
    """Stage both branches on `inputs`; returns the merged values of `names` and merges the cells that they changed.

    Raises: BranchTypeError naming the variable, both types and lines.
    """
    loc = user_location()
    stager.builder.loc = loc
    pred = stager.truth(test)
    known = stager.facts.decides(stager.builder, pred)
    if known is not None:  # as behind a loop of which every path has left the function, or has raised
        return then(*inputs) if known else orelse(*inputs)
    with stager.cells.variables.of(then, orelse):
        branches = (
            stage_branch(stager, "then", then, inputs, names, stager.told(pred, True)),
            stage_branch(stager, "else", orelse, inputs, names, stager.told(pred, False)),
        )
    return merge_branches(stager, pred, branches, names, loc)


def decide(stager: Stager, test: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """What the branch that `test` chooses gives."""
    return staged_if(stager, test, lambda: (then(),), lambda: (orelse(),), (), ("the result",))[0]


def merge_branches(
    stager: Stager, pred: Value, branches: tuple[Branch, Branch], names: Sequence[str], loc: Loc
) -> tuple[Any, ...]:
    """Append the `cond` of two staged branches; returns the merged values of `names`."""
    count = len(names)
    if all(branch.raises for branch in branches):
        regions, captured = close([b.builder for b in branches], [[], []])
        append_region_op(stager, lookup("cond"), (pred, *captured), {}, regions)
        raise RaisedInGraph
    cells = _changed_cells(branches)
    objects = [(*b.outputs, *(_object_in(stager, b, cell) for cell in cells)) for b in branches]
    known, numbers = numbers_left(stager.rosters.innermost, objects)
    for branch in branches:
        refuse_new_keys(branch.changed, branches, loc)
    told = zip(*numbers.values(), strict=True) if numbers else ((), ())
    values = [
        (*b.values, *(_left_in(stager, b, cell) for cell in cells), *which)
        for b, which in zip(branches, told, strict=True)
    ]
    labels = [label_of(name) for name in names] + [cell.text for cell in cells] + ["which tensor it is"] * len(numbers)
    same = [a is b for a, b in zip(branches[0].outputs, branches[1].outputs, strict=True)]
    same += [False] * (len(cells) + len(numbers))
    specs = [
        ConstantSpec(branches[0].outputs[i]) if same[i] else _merge(stager, labels[i], a, b, branches, loc)
        for i, (a, b) in enumerate(zip(*values, strict=True))
    ]
    packed = [_inside(stager, b, pack_all, specs, v) for b, v in zip(branches, values, strict=True)]
    stager.builder.loc = loc
    regions, captured = close([b.builder for b in branches], packed)
    results = append_region_op(stager, lookup("cond"), (pred, *captured), {}, regions)
    if branches[0].raises or branches[1].raises:
        stager.assume(stager.told(pred, branches[1].raises))
    merged = unpack_all(specs, results, stager)
    merged, which = merged[: count + len(cells)], merged[count + len(cells) :]
    going_on = [branch for branch in branches if not branch.raises]
    ways = [ALWAYS if len(going_on) == 1 else (stager.told(pred, b is branches[0])[:1],) for b in going_on]
    paths = [left for left, branch in zip(objects, branches, strict=True) if not branch.raises]
    reunite(merged, relations(paths, stager.sharing, ways), labels, stager.sharing)
    for i, (cell, value) in enumerate(zip(cells, merged[count:], strict=True), count):
        value = held_by(cell, value)
        stager.sharing.merge(value, [path[i] for path in paths], cell.text, ways)
        stager.cells.take(cell, value, is_of_branch=True)
    for i in range(count):
        if not same[i]:
            stager.sharing.merge(merged[i], [path[i] for path in paths], labels[i], ways)
    for i, n in (*known.items(), *zip(numbers, which, strict=True)):
        stager.rosters.tell(merged[i], n)
    return tuple(merged[:count])


def stage_branch(
    stager: Stager,
    name: str,
    body: Callable[..., tuple[Any, ...]],
    inputs: Sequence[Any],
    names: Sequence[str],
    facts: Facts,
) -> Branch:
    """Stage one branch, where `facts` hold."""
    with stager.region(name) as builder, stager.cells.frame() as frame:
        stager.assume(facts)
        stager.cells.own(body, names)
        outputs = until_raised(stager, body, *inputs)
        if outputs is None:
            never = tuple(Never() for _ in names)
            return Branch(builder, never, never, {}, raises=True)
        values = tuple(snapshot(v, frame, stager) for v in outputs)
        return Branch(builder, outputs, values, left_behind(frame, stager, builder))


def _changed_cells(branches: Sequence[Branch]) -> list[Cell]:
    found: dict[Key, Cell] = {}
    for branch in branches:
        for key, change in branch.changed.items():
            found.setdefault(key, change.cell)
    return list(found.values())


def refuse_new_keys(changes: Changes, branches: Sequence["Branch"], loc: Loc) -> None:
    """Raises StagingError for a key that one branch adds to a dict, or takes from it, and another does not."""
    for key, change in changes.items():
        if not isinstance(change.cell, ItemCell) or any(branch.raises for branch in branches):
            continue
        was_there = not isinstance(change.cell.load(), Undefined)
        kept = [
            was_there if key not in branch.changed else not isinstance(branch.changed[key].object, Undefined)
            for branch in branches
        ]
        if len(set(kept)) > 1:
            raise key_error(change.cell, loc)


def key_error(cell: ItemCell, loc: Loc) -> StagingError:
    """The error for a dict whose keys the graph would decide on."""
    next_step = f"set {cell.item!r} before, to None for instance, and test it with `is None`."
    if hasattr(cast("type[Any]", type(cell.owner)), "__missing__"):
        next_step = f"set {cell.item!r} before, to what a missing key has."
    return StagingError(
        f"the key {cell.item!r} of a dict is there on some paths only; a dict in a graph has fixed keys",
        next_step=next_step,
        loc=loc,
    )


def _left_in(stager: Stager, branch: Branch, cell: Cell) -> Any:
    """What a branch left in a cell; what it held before where the branch did not change it."""
    if branch.raises:
        return Never()
    return left_in(cell, branch.changed, stager)


def _object_in(stager: Stager, branch: Branch, cell: Cell) -> Any:
    """The object that a branch left in a cell."""
    return Never() if branch.raises else object_in(cell, branch.changed, stager)


def _merge(stager: Stager, label: str, a: Any, b: Any, branches: Sequence[Branch], loc: Loc) -> Spec:
    x, y = (_inside(stager, branch, _spec, v) for branch, v in zip(branches, (a, b), strict=True))
    try:
        return unify(x, y, stager.fresh_dim)
    except MismatchError as error:
        lines = [_line_of(branch, value) for branch, value in zip(branches, (a, b), strict=True)]
        raise _of_two_types(label, error, lines, loc) from None


def _of_two_types(label: str, found: MismatchError, lines: Sequence[str], loc: Loc) -> BranchTypeError:
    where = f" at `{found.path}`" if found.path else ""
    error = BranchTypeError(
        f"{label}{where} is {found.a} when true{lines[0]}, {found.b} when false{lines[1]}; a graph needs one type.",
        next_step=_advice(label, found.a, found.b),
        loc=loc,
    )
    error.kinds = kinds_of(found.a, found.b)
    return error


def label_of(name: str) -> str:
    """A variable for messages; names that conversion made are described instead."""
    if name.startswith("return_value"):
        return "the return value"
    return name if name.startswith("the ") else f"`{name}`"


def _line_of(branch: Branch, value: Any) -> str:
    """Where in the branch a value was computed."""
    maybe = maybe_none(value)  # whose own attributes are those of what it may be
    found = maybe.flag if maybe is not None else value.graph_value if isinstance(value, StagedTensor) else None
    made = None if found is None else branch.builder.producer.get(found)
    return f" (line {made.loc.line})" if made is not None and made.loc.line else ""


def _advice(label: str, a: Spec, b: Spec) -> str:
    if (found := of_choices(label, a, b) or of_objects(label, a, b)) is not None:
        return found
    if isinstance(a, ConstantSpec) or isinstance(b, ConstantSpec):
        return f"give {label} a tensor or a number of the same kind in both branches, or test an ordinary Python value."
    return f"set {label} to the same shape and dtype in both branches."


def _spec(value: Any, stager: Stager) -> Spec:
    return spec_of(value, stager)


def _inside(stager: Stager, branch: Branch, function: Callable[..., T], *args: Any) -> T:
    """Call `function(*args, stager)` with ops going to the branch's region."""
    with stager.within(branch.builder):
        return function(*args, stager)
