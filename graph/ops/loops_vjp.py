"""Reverse mode of loops: the forward loop pushes on lists what its body saves; a counted loop walks them backwards.

What the body saves of its captured values is not pushed: the backward loop captures it too. Cotangents of captured
values are carried as running sums, so that a rule may add to them in place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from graph.aval import Type, scalar
from graph.dtypes import int64
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Augmented, Differentiator, RegionVjp, Split
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.walk import inline
from graph.ops.cotangents import OperandSums


def _carried(op: Op) -> int:
    count = op.attrs["carried"]
    assert isinstance(count, int)
    return count


def _body_activity(d: Differentiator, op: Op, operands: Sequence[bool], lead: int) -> list[bool]:
    """Activity of the carried and captured parameters of the body, `lead` parameters before them left out.

    A fixed point: what one trip makes active is active in the next.
    """
    count = _carried(op)
    body = op.regions[-1]
    active = list(operands)
    while True:
        after = d.active_results(body, [*([False] * lead), *active])
        grown = [a or b for a, b in zip(active[:count], after, strict=True)] + active[count:]
        if grown == active:
            return active
        active = grown


def while_activity(d: Differentiator, op: Op, active: Sequence[bool]) -> tuple[bool, ...]:
    return tuple(_body_activity(d, op, active, 0)[: _carried(op)])


def for_activity(d: Differentiator, op: Op, active: Sequence[bool]) -> tuple[bool, ...]:
    return tuple(_body_activity(d, op, active[1:], 1)[: _carried(op)])


@dataclass(frozen=True, slots=True)
class _Loop:
    """What the forward and the backward half share. `lead` counts body parameters before the carried ones (the
    index of a `for_loop`)."""

    op: Op
    lead: int
    carried: int
    split: Split
    active: list[bool]

    @property
    def active_carried(self) -> list[int]:
        return [i for i in range(self.carried) if self.active[i]]

    @property
    def active_captured(self) -> list[int]:
        return [i for i in range(self.carried, len(self.active)) if self.active[i]]

    @property
    def pushed_params(self) -> list[int]:
        """Residuals that are carried parameters: they change from trip to trip, so they are pushed."""
        return [p for p in self.split.from_params if self.lead <= p < self.lead + self.carried]

    @property
    def pushed_types(self) -> list[Type]:
        params = self.split.forward.params
        return [params[p].type for p in self.pushed_params] + [v.type for v in self.split.residuals]


def augment_loop(d: Differentiator, op: Op, operands: tuple[Value, ...]) -> Augmented:
    """Append the forward loop with residual lists; `operands` are those of the op, in the differentiator's builder."""
    b = d.b
    lead = 1 if op.name == "for_loop" else 0
    count = _carried(op)
    values = operands[lead:]
    active = _body_activity(d, op, [d.is_active(v) for v in values], lead)
    carried_params = [lead + i for i in range(count) if active[i]]
    captured_params = [lead + i for i in range(count, len(values)) if active[i]]
    split = d.split(
        op.regions[-1],
        [*([False] * lead), *active],
        seeded=captured_params,
        dense=carried_params,
    )
    loop = _Loop(op, lead, count, split, active)
    lists = [b.list_make(element=t) for t in loop.pushed_types]
    extra = [b.constant(0, int64), *lists]
    new_operands = (*operands[:lead], *values[:count], *extra, *values[count:])
    regions = (*(_with_extra(test, loop, extra) for test in op.regions[:-1]), _forward_body(loop, extra))
    attrs = {"carried": count + len(extra)}
    types = b.infer(op.opdef, new_operands, attrs, regions)
    results = b.append(
        op.opdef, new_operands, attrs, regions, (*(v.type for v in op.results), *types[len(op.results) :])
    )
    trips, saved = results[count], results[count + 1 :]

    def pullback(d: Differentiator, cts: Sequence[Value | None]) -> None:
        given = [
            ct if ct is not None else d.b.zeros_like(r)
            for ct, r, is_active in zip(cts, results[:count], active[:count], strict=True)
            if is_active
        ]
        _backward(d, loop, values, trips, saved, given)

    return Augmented(results[:count], tuple(active[:count]), pullback)


def _with_extra(test: Graph, loop: _Loop, extra: Sequence[Value]) -> Graph:
    """The test region, taking the trip count and the residual lists too."""
    added = tuple(Value(v.type) for v in extra)
    return Graph(
        test.name, (*test.params[: loop.carried], *added, *test.params[loop.carried :]), test.ops, test.results
    )


def _forward_body(loop: _Loop, extra: Sequence[Value]) -> Graph:
    """The body, counting trips and pushing residuals."""
    b = GraphBuilder(loop.op.regions[-1].name)
    own = loop.split.forward.params
    end = loop.lead + loop.carried
    before = [b.param(p.type, p.hint) for p in own[:end]]
    trips, *lists = [b.param(v.type) for v in extra]
    after = [b.param(p.type, p.hint) for p in own[end:]]
    params = [*before, *after]
    values = inline(b, loop.split.forward, params)
    residuals = [*(params[p] for p in loop.pushed_params), *values[loop.carried :]]
    pushed = [b.list_append(lst, v) for lst, v in zip(lists, residuals, strict=True)]
    return b.build([*values[: loop.carried], b.add(trips, 1), *pushed])


def _backward(
    d: Differentiator,
    loop: _Loop,
    operands: Sequence[Value],
    trips: Value,
    saved: Sequence[Value],
    cts: Sequence[Value],
) -> None:
    """Append the backward loop: carries cotangents of the carried values and sums for the captured ones."""
    b = d.b
    captured_active = loop.active_captured
    sums = OperandSums(d, operands, captured_active)
    seeds = [sums.seed(p) for p in captured_active]
    invariant = [p for p in loop.split.from_params if p >= loop.lead + loop.carried]
    passed = [operands[p - loop.lead] for p in invariant]
    state = [*cts, *seeds]
    operands_of_loop = (trips, *state, trips, *saved, *passed)
    body = _backward_body(loop, state, [*saved], passed, invariant)
    results = b.append(lookup("for_loop"), operands_of_loop, {"carried": len(state)}, (body,))
    # The sums first: they replace what was there, and a captured value may also be what a carried one starts from.
    sums.put(dict(zip(captured_active, results[len(loop.active_carried) :], strict=True)))
    for i, ct in zip(loop.active_carried, results, strict=False):
        d.add(operands[i], ct)


def _backward_body(
    loop: _Loop, state: Sequence[Value], saved: Sequence[Value], passed: Sequence[Value], invariant: Sequence[int]
) -> Graph:
    b = GraphBuilder("body")
    params = loop.split.forward.params
    i = b.param(scalar(int64))
    cts = [b.param(params[loop.lead + p].type) for p in loop.active_carried]
    seeds = [b.param(v.type) for v in state[len(cts) :]]
    trips = b.param(scalar(int64))
    lists = [b.param(v.type) for v in saved]
    constants = [b.param(v.type) for v in passed]
    at = b.sub(b.sub(trips, 1), i)
    values = [b.list_get(lst, at, checked=False) for lst in lists]
    residual: dict[int, Value] = dict(zip(loop.pushed_params, values, strict=False))
    residual.update(zip(invariant, constants, strict=True))
    if loop.lead:
        residual[0] = at
    found = inline(
        b,
        loop.split.backward,
        [
            *(residual[p] for p in loop.split.from_params),
            *values[len(loop.pushed_params) :],
            *(cts[loop.active_carried.index(r)] for r, on in enumerate(loop.split.active_results) if on),
            *seeds,
        ],
    )
    by_param = dict(zip(loop.split.outputs, found, strict=True))
    return b.build([by_param[loop.lead + p] for p in (*loop.active_carried, *loop.active_captured)])


WHILE_LOOP_VJP = RegionVjp(augment_loop, while_activity)
FOR_LOOP_VJP = RegionVjp(augment_loop, for_activity)
