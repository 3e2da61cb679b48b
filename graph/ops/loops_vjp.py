"""Reverse mode of loops: the forward loop pushes on lists what its body saves; a counted loop walks them backwards.

What the body saves of its captured values is not pushed: the backward loop captures it too. Where the body saves a
carried value both as it comes and as it goes, one list holds both, a place apart. Cotangents of captured values are
carried as running sums, so that a rule may add to them in place. The last trip may have a loop of its own, of one trip
or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graph.aval import Aval, ListType, OptionalType, Type, scalar
from graph.dtypes import int64
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Augmented, Differentiator, RegionVjp, Split
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.walk import inline
from graph.ops.cotangents import OperandSums, as_known
from graph.ops.regions import join_types
from graph.ops.shape_rules import UNKNOWN_DIM


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
class _Stack:
    """A residual list. At the place of a trip it has what the body saves of its parameter `param`, or the residual that
    it yields; with both, the list starts with the initial value, and the residual of a trip is one place further."""

    element: Type
    param: int | None
    residual: int | None

    @property
    def is_chain(self) -> bool:
        return self.param is not None and self.residual is not None


@dataclass(frozen=True, slots=True)
class _Loop:
    """What the forward and the backward half share. `lead` counts body parameters before the carried ones (the
    index of a `for_loop`)."""

    op: Op
    lead: int
    carried: int
    split: Split
    active: list[bool]
    stacks: tuple[_Stack, ...]

    @property
    def active_carried(self) -> list[int]:
        return [i for i in range(self.carried) if self.active[i]]

    @property
    def active_captured(self) -> list[int]:
        return [i for i in range(self.carried, len(self.active)) if self.lead + i in self.split.outputs]

    @property
    def invariant(self) -> list[int]:
        """Captured operands that the backward body reads."""
        first = self.lead + self.carried
        return [p - self.lead for p in self.split.from_params if p >= first]


def _stacks(split: Split, lead: int, operands: Sequence[Value], count: int) -> tuple[_Stack, ...]:
    """The lists that a loop with these operands and so many carried values pushes on."""
    params, yielded = split.forward.params, split.forward.results[:count]
    residuals = {v: j for j, v in enumerate(split.residuals)}
    stacks: list[_Stack] = []
    for p in split.from_params:
        if not lead <= p < lead + count:
            continue
        after = yielded[p - lead]
        is_one_type = params[p].type == after.type == operands[p - lead].type
        stacks.append(_Stack(params[p].type, p, residuals.pop(after, None) if is_one_type else None))
    return (*stacks, *(_Stack(v.type, None, j) for v, j in residuals.items()))


def augment_loop(d: Differentiator, op: Op, operands: tuple[Value, ...]) -> Augmented:
    """Append the forward loop with residual lists; `operands` are those of the op, in the differentiator's builder."""
    b = d.b
    lead = 1 if op.name == "for_loop" else 0
    count = _carried(op)
    values = operands[lead:]
    active = _body_activity(d, op, [d.is_active(v) for v in values], lead)
    split = d.split(
        op.regions[-1],
        [*([False] * lead), *active],
        seeded=[lead + i for i in range(count, len(values)) if active[i]],
        dense=[lead + i for i in range(count) if active[i]],
        at_hand=[*range(lead), *(lead + i for i in range(count, len(values)) if d.is_at_hand(values[i]))],
    )
    loop = _Loop(op, lead, count, split, active, _stacks(split, lead, values, count))
    counter = [] if lead else [b.constant(0, int64)]
    extra = [*counter, *(_list(b, stack, values, lead) for stack in loop.stacks)]
    new_operands = (*operands[:lead], *values[:count], *extra, *values[count:])
    regions = (*(_with_extra(test, loop, extra) for test in op.regions[:-1]), _forward_body(b, loop, extra))
    attrs = {"carried": count + len(extra)}
    types = b.infer(op.opdef, new_operands, attrs, regions)
    results = b.append(op.opdef, new_operands, attrs, regions, (*(v.type for v in op.results), *types[count:]))
    trips = operands[0] if lead else results[count]
    saved = results[count + len(counter) :]

    def pullback(d: Differentiator, cts: Sequence[Value | None]) -> None:
        wanted = {i for i, ct in enumerate(cts) if ct is not None}
        own = _narrowed(loop, wanted)
        given = {i: d.b.zeros_like(results[i]) if (ct := cts[i]) is None else ct for i in own.active_carried}
        for part, times, last in _parts(d.b, own, values, wanted, trips):
            given |= _backward(d, part, values, times, last, saved, given)
        # After the sums, which replace what was there: a captured value may also be what a carried one starts from.
        for i, ct in given.items():
            d.add(values[i], as_known(d.b, ct, values[i].type))

    return Augmented(results[:count], tuple(active[:count]), pullback)


def _narrowed(loop: _Loop, wanted: set[int]) -> _Loop:
    """The loop for when cotangents come of the `wanted` carried values alone: without those that they are not made of,
    in any trip."""
    while True:
        split = loop.split.narrowed(wanted, dense=[loop.lead + i for i in wanted])
        grown = {p - loop.lead for p in split.reached} & {*loop.active_carried}
        if wanted >= grown:
            break
        wanted = wanted | grown
    if any(on and i not in wanted for i, on in enumerate(split.active_results)):
        return loop  # it has to be the whole
    carried = [i in wanted for i in range(loop.carried)]  # a value that no trip makes active passes where there is none
    return replace(loop, split=split, active=[*carried, *loop.active[loop.carried :]])


def _parts(
    b: GraphBuilder, loop: _Loop, operands: Sequence[Value], wanted: set[int], trips: Value
) -> list[tuple[_Loop, Value, Value]]:
    """The backward loops, each with the number of trips that it takes and the trip that it starts at: one for all, or,
    where each trip sets a carried value anew, the last trip apart. The value's cotangent goes through that one alone;
    in the others it would be zero, which costs work and may meet an infinite derivative."""
    last = b.sub(trips, 1)
    split = loop.split.narrowed(wanted, dense=[loop.lead + i for i in loop.active_carried])
    reached = {p - loop.lead for p in split.reached} & {*loop.active_carried}
    earlier = _narrowed(loop, reached)
    left = {*loop.active_carried} - {*earlier.active_carried}
    brought = {i for i, on in enumerate(split.active_results) if on}
    if wanted <= {*earlier.active_carried} or not brought <= {*loop.active_carried}:
        return [(loop, trips, last)]
    if not all(_is_of_one_shape(loop, operands, i) for i in left):
        return [(loop, trips, last)]
    parts = [(replace(loop, split=split), b.minimum(trips, 1), last)]
    return [*parts, (earlier, b.maximum(last, 0), b.sub(last, 1))] if reached else parts


def _is_of_one_shape(loop: _Loop, operands: Sequence[Value], i: int) -> bool:
    """Whether zeros like a carried value as it comes to the last trip are also zeros like the one it starts as."""
    t = operands[i].type
    return isinstance(t, Aval) and UNKNOWN_DIM not in t.shape and loop.split.forward.params[loop.lead + i].type == t


def _list(b: GraphBuilder, stack: _Stack, values: Sequence[Value], lead: int) -> Value:
    """A residual list as it is before the loop."""
    first = [values[stack.param - lead]] if stack.is_chain and stack.param is not None else []
    return b.list_make(*first, element=stack.element)


def _with_extra(test: Graph, loop: _Loop, extra: Sequence[Value]) -> Graph:
    """The test region, taking the trip count and the residual lists too."""
    added = tuple(Value(v.type) for v in extra)
    params = (*test.params[: loop.carried], *added, *test.params[loop.carried :])
    return Graph(test.name, params, test.ops, test.results)


def _forward_body(sizes: GraphBuilder, loop: _Loop, extra: Sequence[Value]) -> Graph:
    """The body, pushing residuals, and in a `while_loop` counting trips."""
    b = GraphBuilder(loop.op.regions[-1].name, sizes=sizes)
    own = loop.split.forward.params
    end = loop.lead + loop.carried
    before = [b.param(p.type, p.hint) for p in own[:end]]
    added = [b.param(v.type) for v in extra]
    after = [b.param(p.type, p.hint) for p in own[end:]]
    params = [*before, *after]
    values = inline(b, loop.split.forward, params)
    residuals = values[loop.carried :]
    lists = added[len(added) - len(loop.stacks) :]
    counted = [b.add(trips, 1) for trips in added[: len(added) - len(loop.stacks)]]
    pushed: list[Value] = []
    for stack, so_far in zip(loop.stacks, lists, strict=True):
        if stack.residual is not None:
            pushed.append(b.list_append(so_far, residuals[stack.residual]))
        elif stack.param is not None:
            pushed.append(b.list_append(so_far, params[stack.param]))
    return b.build([*values[: loop.carried], *counted, *pushed])


def _backward(
    d: Differentiator,
    loop: _Loop,
    operands: Sequence[Value],
    trips: Value,
    last: Value,
    saved: Sequence[Value],
    given: Mapping[int, Value],
) -> dict[int, Value]:
    """Append the backward loop, which goes back by so many trips from the `last`: it carries cotangents of carried
    values, from the `given` ones to those that are returned, and sums for the captured ones, which it adds."""
    b = d.b
    captured_active = loop.active_captured
    sums = OperandSums(d, operands, captured_active)
    seeds = [sums.seed(p) for p in captured_active]
    passed = [operands[i] for i in loop.invariant]
    cts = [given[i] for i in loop.active_carried]
    body = _backward_body(b, loop, operands, saved, cts, seeds, passed)
    state = [*cts, *seeds]
    results = b.append(lookup("for_loop"), (trips, *state, last, *saved, *passed), {"carried": len(state)}, (body,))
    sums.put(dict(zip(captured_active, results[len(cts) :], strict=True)))
    return dict(zip(loop.active_carried, results, strict=False))


def _backward_body(
    sizes: GraphBuilder,
    loop: _Loop,
    operands: Sequence[Value],
    saved: Sequence[Value],
    given: Sequence[Value],
    sums: Sequence[Value],
    passed: Sequence[Value],
) -> Graph:
    """One trip back: `body(i, *cotangents, *sums, last, *lists, *captured)`; `given`: what the cotangents start as."""
    b = GraphBuilder("body", sizes=sizes)
    split, lead = loop.split, loop.lead
    params = split.forward.params
    i = b.param(scalar(int64))
    cts = {
        p: b.param(_of_any_trip(b, params[lead + p].type, operands[p].type, ct.type))
        for p, ct in zip(loop.active_carried, given, strict=True)
    }
    seeds = [b.param(v.type) for v in sums]
    last = b.param(scalar(int64))
    lists = [b.param(v.type) for v in saved]
    residual_of_param = {lead + p: b.param(v.type) for p, v in zip(loop.invariant, passed, strict=True)}
    trip = b.sub(last, i)
    if lead:
        residual_of_param[0] = trip
    residuals: dict[int, Value] = {}
    after = b.add(trip, 1) if any(stack.is_chain for stack in loop.stacks) else trip
    for stack, pushed in zip(loop.stacks, lists, strict=True):
        if stack.param is not None:
            residual_of_param[stack.param] = b.list_get(pushed, trip, checked=False)
        if stack.residual is not None:
            at = after if stack.is_chain else trip
            residuals[stack.residual] = b.list_get(pushed, at, checked=False)
    found = inline(
        b,
        split.backward,
        [
            *(residual_of_param[p] for p in split.from_params),
            *(residuals[j] for j in range(len(split.residuals))),
            *(as_known(b, cts[r], split.forward.results[r].type) for r, on in enumerate(split.active_results) if on),
            *seeds,
        ],
    )
    by_param = dict(zip(split.outputs, found, strict=True))
    after_sums = [as_known(b, by_param[lead + p], v.type) for p, v in zip(loop.active_captured, sums, strict=True)]
    return b.build([*(by_param[lead + p] for p in loop.active_carried), *after_sums])


def _of_any_trip(b: GraphBuilder, *types: Type) -> Type:
    """The type of a cotangent before and after every trip: a dim in which these differ has a name of its own."""
    joined = types[0]
    for t in types[1:]:
        wider = join_types(joined, t)
        assert wider is not None
        joined = wider
    return _named(b, joined)


def _named(b: GraphBuilder, t: Type) -> Type:
    if isinstance(t, ListType):
        return t  # each element has sizes of its own: they stay unknown
    if isinstance(t, OptionalType):
        return OptionalType(_named(b, t.element))
    return Aval(t.dtype, tuple(b.fresh_dim() if dim == UNKNOWN_DIM else dim for dim in t.shape))


WHILE_LOOP_VJP = RegionVjp(augment_loop, while_activity)
FOR_LOOP_VJP = RegionVjp(augment_loop, for_activity)
