"""Reverse mode of `cond`: the forward op also yields what the taken branch saves; a second `cond` on the same test runs
the backward half of that branch.

What both branches save is paired by type; what is left over is yielded as an optional, missing from the other branch.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from graph.aval import Type
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Augmented, Differentiator, RegionVjp, Split
from graph.ir.op import Graph, Op
from graph.ir.regions import trimmed
from graph.ir.value import Value
from graph.ir.walk import inline
from graph.ops.cotangents import OperandSums, add_cotangents, as_known


def cond_activity(d: Differentiator, op: Op, active: Sequence[bool]) -> tuple[bool, ...]:
    then, other = (d.active_results(region, active[1:]) for region in op.regions)
    return tuple(a or b for a, b in zip(then, other, strict=True))


@dataclass(frozen=True, slots=True)
class _Slot:
    """What the forward `cond` yields for its backward half: residuals of one type, at most one of each branch."""

    type: Type
    places: tuple[int | None, int | None]

    @property
    def is_optional(self) -> bool:
        return None in self.places


@dataclass(frozen=True, slots=True)
class _Branches:
    """What the forward and the backward half share."""

    op: Op
    splits: tuple[Split, Split]
    slots: tuple[_Slot, ...]
    active_results: tuple[bool, ...]

    @property
    def outputs(self) -> list[int]:
        """Operands that some branch gives cotangents of."""
        return sorted({p for split in self.splits for p in split.outputs})

    @property
    def seeded(self) -> list[int]:
        """Operands whose cotangents some branch adds to the sum so far."""
        return sorted({p for split in self.splits for p in split.seeded})


def _slots(then: Split, other: Split) -> tuple[_Slot, ...]:
    unpaired = dict(enumerate(other.residuals))
    slots: list[_Slot] = []
    for i, value in enumerate(then.residuals):
        j = next((j for j, v in unpaired.items() if v.type == value.type), None)
        if j is not None:
            del unpaired[j]
        slots.append(_Slot(value.type, (i, j)))
    return (*slots, *(_Slot(v.type, (None, j)) for j, v in unpaired.items()))


def augment_cond(d: Differentiator, op: Op, operands: tuple[Value, ...]) -> Augmented:
    """Append the forward `cond`; `operands` are those of the op, in the differentiator's builder."""
    pred, captured = operands[0], operands[1:]
    active = [d.is_active(v) for v in captured]
    at_hand = [i for i, v in enumerate(captured) if d.is_at_hand(v)]
    then, other = (d.split(region, active, at_hand=at_hand) for region in op.regions)
    branches = _Branches(op, (then, other), _slots(then, other), cond_activity(d, op, [False, *active]))
    regions = (_forward(d.b, branches, 0), _forward(d.b, branches, 1))
    types = d.b.infer(op.opdef, operands, {}, regions)
    count = len(op.results)
    results = d.b.append(op.opdef, operands, {}, regions, (*(v.type for v in op.results), *types[count:]))

    def pullback(d: Differentiator, cts: Sequence[Value | None]) -> None:
        own = _narrowed(branches, [i for i, ct in enumerate(cts) if ct is not None])
        given = [
            d.b.zeros_like(r) if ct is None else ct
            for ct, r, on in zip(cts, results[:count], own.active_results, strict=True)
            if on
        ]
        _backward(d, own, pred, captured, results[count:], given)

    return Augmented(results[:count], branches.active_results, pullback)


def _narrowed(branches: _Branches, wanted: Collection[int]) -> _Branches:
    """The branches for when cotangents come of the `wanted` results alone."""
    then, other = (split.narrowed(wanted) for split in branches.splits)
    active = tuple(a or b for a, b in zip(then.active_results, other.active_results, strict=True))
    return replace(branches, splits=(then, other), active_results=active)


def _forward(sizes: GraphBuilder, branches: _Branches, which: int) -> Graph:
    """One branch, yielding its results and residuals, and none for the residuals that only the other branch has."""
    own = branches.splits[which]
    b = GraphBuilder(branches.op.regions[which].name, sizes=sizes)
    params = [b.param(p.type, p.hint) for p in own.forward.params]
    values = inline(b, own.forward, params)
    count = len(own.active_results)
    saved: list[Value] = []
    for slot in branches.slots:
        at = slot.places[which]
        if at is None:
            saved.append(b.none(type=slot.type))
        else:
            saved.append(b.some(values[count + at]) if slot.is_optional else values[count + at])
    return b.build([*values[:count], *saved])


def _backward(
    d: Differentiator,
    branches: _Branches,
    pred: Value,
    captured: tuple[Value, ...],
    saved: tuple[Value, ...],
    cts: Sequence[Value],
) -> None:
    """Append the backward `cond` and add what it yields to the cotangents of the captured values."""
    outputs = branches.outputs
    if not outputs:
        return
    sums = OperandSums(d, captured, branches.seeded)
    seeds = [sums.seed(p) for p in branches.seeded]
    groups = (saved, cts, seeds, captured)
    both = [_backward_branch(d.b, branches, which, groups) for which in (0, 1)]
    regions, operands = trimmed(both, (*saved, *cts, *seeds, *captured))
    results = d.b.append(branches.op.opdef, (pred, *operands), {}, regions)
    sums.put(dict(zip(outputs, results, strict=True)))


def _backward_branch(
    sizes: GraphBuilder, branches: _Branches, which: int, groups: tuple[Sequence[Value], ...]
) -> Graph:
    """The backward half of one branch; `groups` are the operands: residuals, cotangents, seeds, captured values."""
    own = branches.splits[which]
    b = GraphBuilder(branches.op.regions[which].name, sizes=sizes)
    saved, cts, seeds, captured = ([b.param(v.type) for v in group] for group in groups)
    residuals: dict[int, Value] = {}
    for slot, value in zip(branches.slots, saved, strict=True):
        at = slot.places[which]
        if at is not None:
            residuals[at] = b.unwrap(value, name="") if slot.is_optional else value
    active = [i for i, is_active in enumerate(branches.active_results) if is_active]
    seed_of = dict(zip(branches.seeded, seeds, strict=True))
    values = inline(
        b,
        own.backward,
        [
            *(captured[p] for p in own.from_params),
            *(residuals[j] for j in range(len(own.residuals))),
            *(
                as_known(b, ct, own.forward.results[i].type)
                for ct, i in zip(cts, active, strict=True)
                if own.active_results[i]
            ),
            *(seed_of[p] for p in own.seeded),
        ],
    )
    found = dict(zip(own.outputs, values, strict=True))
    yields: list[Value] = []
    for p in branches.outputs:
        ct = found.get(p)
        if p in seed_of and p not in own.seeded:
            ct = seed_of[p] if ct is None else add_cotangents(b, seed_of[p], ct)
        yields.append(b.zeros_like(captured[p]) if ct is None else ct)
    return b.build(yields)


COND_VJP = RegionVjp(augment_cond, cond_activity)
