"""Reverse mode of `cond`: the forward op also yields what the taken branch saves, as optionals; a second `cond` on
the same test runs the backward half of that branch."""

from collections.abc import Sequence

from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Augmented, Differentiator, RegionVjp, Split
from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.ir.walk import inline
from graph.ops.cotangents import OperandSums


def cond_activity(d: Differentiator, op: Op, active: Sequence[bool]) -> tuple[bool, ...]:
    then, other = (d.active_results(region, active[1:]) for region in op.regions)
    return tuple(a or b for a, b in zip(then, other, strict=True))


def augment_cond(d: Differentiator, op: Op, operands: tuple[Value, ...]) -> Augmented:
    pred, captured = operands[0], operands[1:]
    active = [d.is_active(v) for v in captured]
    splits = [d.split(region, active) for region in op.regions]
    regions = tuple(_forward(region.name, splits, i) for i, region in enumerate(op.regions))
    types = d.b.infer(op.opdef, operands, {}, regions)
    count = len(op.results)
    results = d.b.append(op.opdef, operands, {}, regions, (*(v.type for v in op.results), *types[count:]))
    active_results = cond_activity(d, op, [False, *active])
    saved = results[count:]

    def pullback(d: Differentiator, cts: Sequence[Value | None]) -> None:
        given = [
            ct if ct is not None else d.b.zeros_like(r)
            for ct, r, is_active in zip(cts, results[:count], active_results, strict=True)
            if is_active
        ]
        _backward(d, op, pred, captured, splits, active_results, saved, given)

    return Augmented(results[:count], active_results, pullback)


def _forward(name: str, splits: Sequence[Split], which: int) -> Graph:
    """One branch, yielding its results, its own residuals, and none for those of the other branch."""
    b = GraphBuilder(name)
    own = splits[which]
    params = [b.param(p.type, p.hint) for p in own.forward.params]
    values = inline(b, own.forward, params)
    count = len(own.active_results)
    saved: list[Value] = []
    for i, split in enumerate(splits):
        for j, residual in enumerate(split.residuals):
            if i == which:
                saved.append(b.some(values[count + j]))
            else:
                saved.append(b.none(type=residual.type))
    return b.build([*values[:count], *saved])


def _backward(
    d: Differentiator,
    op: Op,
    pred: Value,
    captured: tuple[Value, ...],
    splits: Sequence[Split],
    active_results: tuple[bool, ...],
    saved: tuple[Value, ...],
    cts: Sequence[Value],
) -> None:
    """Append the backward `cond` and add what it yields to the cotangents of the captured values."""
    outputs = sorted({p for split in splits for p in split.outputs})
    seeded = sorted({p for split in splits for p in split.seeded})
    if not outputs:
        return
    sums = OperandSums(d, captured, seeded)
    seeds = [sums.seed(p) for p in seeded]
    groups = (saved, cts, seeds, captured)
    regions = tuple(
        _backward_branch(region.name, splits, i, active_results, groups, outputs, seeded)
        for i, region in enumerate(op.regions)
    )
    results = d.b.append(op.opdef, (pred, *saved, *cts, *seeds, *captured), {}, regions)
    sums.put(dict(zip(outputs, results, strict=True)))


def _backward_branch(
    name: str,
    splits: Sequence[Split],
    which: int,
    active_results: tuple[bool, ...],
    groups: tuple[Sequence[Value], ...],
    outputs: Sequence[int],
    seeded: Sequence[int],
) -> Graph:
    """The backward half of one branch; `groups` are the operands: residuals, cotangents, seeds, captured values."""
    own = splits[which]
    b = GraphBuilder(name)
    saved, cts, seeds, captured = ([b.param(v.type) for v in group] for group in groups)
    start = sum(len(split.residuals) for split in splits[:which])
    residuals = [b.unwrap(v, name="") for v in saved[start : start + len(own.residuals)]]
    own_cts = [
        ct
        for ct, i in zip(cts, (i for i, is_active in enumerate(active_results) if is_active), strict=True)
        if own.active_results[i]
    ]
    seed_of = dict(zip(seeded, seeds, strict=True))
    values = inline(
        b,
        own.backward,
        [*(captured[p] for p in own.from_params), *residuals, *own_cts, *(seed_of[p] for p in own.seeded)],
    )
    found = dict(zip(own.outputs, values, strict=True))
    yields: list[Value] = []
    for p in outputs:
        ct = found.get(p)
        if p in seed_of and p not in own.seeded:
            ct = seed_of[p] if ct is None else b.add_any(seed_of[p], ct)
        yields.append(b.zeros_like(captured[p]) if ct is None else ct)
    return b.build(yields)


COND_VJP = RegionVjp(augment_cond, cond_activity)
