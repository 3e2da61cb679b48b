"""Matrix products of the trips of a loop, brought together.

A loop over `n` trips becomes a loop over blocks of trips with a loop over the trips of a block inside. What
`loop_products` finds is computed once for each block: before the trips where it depends on none of them, behind them
where it is their sum. So the memory that this takes is bounded, and what a block has computed is still in the cache.

    for i in range(n):                       for first in range(0, n, 16):
        h = tanh(x[i] @ w + h @ u)               xw = x[first : first + 16] @ w
                                                 for j in range(min(n - first, 16)):
                                                     h = tanh(xw[j] + h @ u)

Sums are added up in another order: for native code only, and not where results must be exact.
"""

from collections.abc import Sequence
from typing import Any

from graph.aval import Aval, scalar
from graph.dtypes import int64
from graph.ir.builder import GraphBuilder
from graph.ir.emitter import Size
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.regions import close
from graph.ir.value import Value
from graph.ir.walk import copy_op
from graph.passes.loop_products import Plan, ProductSum, Sliced, SliceProduct, plan_of
from graph.passes.nested import in_functions, renamed, replaced, with_body


def batch_products(graph: Graph) -> Graph:
    """`graph` with the products of its counted loops brought together; itself where there are none to bring."""
    names = GraphBuilder(graph.name)
    names.avoid_sizes_of(graph)

    def visit(part: Graph) -> Graph:
        return _visit(part, names)

    return in_functions(visit(graph), visit)


def _visit(graph: Graph, names: GraphBuilder) -> Graph:
    env: dict[Value, Value] = {}
    made: dict[Value, Op] = {}
    ops: list[Op] = []
    for old in graph.ops:
        regions = [_visit(region, names) for region in old.regions]
        op = replaced(old, operands=renamed(old.operands, env), regions=regions)
        plan = plan_of(op, made) if op.name == "for_loop" else None
        new: Sequence[Op] = [op]
        if plan is not None:
            b = GraphBuilder(graph.name, sizes=names)
            b.loc = op.loc
            b.producer.update(dict.fromkeys(op.operands))
            env.update(zip(op.results, _Blocks(b, plan).write(), strict=True))
            new = b.ops
        ops.extend(new)
        made.update({v: o for o in new for v in o.results})
    return with_body(graph, ops, renamed(graph.results, env))


class _Blocks:
    """Writes the loop over blocks that stands for a loop."""

    def __init__(self, b: GraphBuilder, plan: Plan) -> None:
        self.b, self.plan, self.loop = b, plan, plan.loop
        self.outer = GraphBuilder("body", b)
        self.inner: GraphBuilder
        self.stacked: dict[tuple[Value, bool], int] = {}
        """What is stacked: a value, and whether transposed; and its number."""
        parts = [part for total in plan.sums for part in self._parts(total)]
        outside = [found for part in parts if (found := self._rows_outside(*part)) is not None]
        self.stacks_backward = bool(outside) and outside[0].place.is_backward
        """Whether the last trip comes first in stacks: as in the tensors from outside that meet them in products."""
        for part in parts:
            self._sliced_or_stacked(*part)

    def write(self) -> list[Value]:
        """The results of the loop."""
        b, loop, outer = self.b, self.loop, self.outer
        steps = self.plan.steps
        self.trips = b.maximum(loop.count, 0)
        blocks = b.floor_div(b.add(self.trips, steps - 1), steps)
        buffers = [b.full((steps, *self._sizes(value, is_turned)), 0, value.dtype) for value, is_turned in self.stacked]
        number = outer.param(scalar(int64))
        carried = [outer.param(p.type, p.hint) for p in loop.params]
        stacks = [outer.param(x.type) for x in buffers]
        self.first = outer.mul(number, steps)
        self.count = outer.minimum(outer.sub(self.trips, self.first), steps)
        after = self._write_trips(carried, stacks)
        yields = list(after)
        for total in self.plan.sums:
            yields[total.position] = self._sum(total, carried[total.position], yields[len(carried) :])
        regions, captured = close([outer], [yields])
        operands = (blocks, *loop.initial, *buffers, *captured)
        results = b.append(lookup("for_loop"), operands, {"carried": len(yields)}, regions)
        return list(results[: len(carried)])

    def _write_trips(self, carried: Sequence[Value], stacks: Sequence[Value]) -> list[Value]:
        """The loop over the trips of a block: the carried values after it (sums as they were), then the stacks."""
        loop, outer = self.loop, self.outer
        env: dict[Value, Value] = dict(loop.captured)
        batched = {p.op: self._batched(p) for p in self.plan.products}
        self.inner = inner = GraphBuilder("body", outer)
        number = inner.param(scalar(int64))
        summed = {total.position for total in self.plan.sums}
        kept = [k for k in range(len(carried)) if k not in summed]
        env.update({loop.params[k]: inner.param(loop.params[k].type, loop.params[k].hint) for k in kept})
        own_stacks = [inner.param(x.type) for x in stacks]
        env[loop.number] = inner.add(self.first, number)
        backward = self.stacks_backward or any(p.slice.place.is_backward for p in self.plan.products)
        last = inner.sub(inner.sub(self.count, 1), number) if backward else number
        left_out = {op for total in self.plan.sums for op in (total.product, total.add)}
        for op in loop.body.ops:
            if op in batched:
                slices = next(p.slice for p in self.plan.products if p.op is op)
                inner.loc = op.loc
                items = (*((slice(None),) * slices.axis), "$")
                env[op.result] = inner.index(batched[op], last if slices.place.is_backward else number, index=items)
            elif op not in left_out:
                copy_op(inner, op, env)
        filled: list[Value] = []
        for stack, (value, is_turned) in zip(own_stacks, self.stacked, strict=True):
            row = inner.transpose(env[value], axes=(1, 0)) if is_turned else env[value]
            filled.append(inner.index_set(stack, row, last if self.stacks_backward else number, index=("$",)))
        after = [env[loop.body.results[k]] for k in kept]
        regions, captured = close([inner], [[*after, *filled]])
        operands = (self.count, *(carried[k] for k in kept), *stacks, *captured)
        results = outer.append(lookup("for_loop"), operands, {"carried": len(kept) + len(filled)}, regions)
        found = dict(zip(kept, results, strict=False))
        return [*(found.get(k, carried[k]) for k in range(len(carried))), *results[len(kept) :]]

    # What is computed for a block

    def _batched(self, product: SliceProduct) -> Value:
        """The product for all trips of the block, with an axis of trips where the slice has its number."""
        outer = self.outer
        outer.loc = product.op.loc
        rows = self._taken(product.slice)
        weight = self._outside(product.weight)
        return outer.matmul(rows, weight if product.is_left else outer.transpose(weight, axes=(1, 0)))

    def _outside(self, v: Value) -> Value:
        """A value of the body that is the same in all trips, before the trips."""
        if v in self.loop.captured:
            return self.loop.captured[v]
        op = self.loop.made[v]
        env = {u: self._outside(u) for u in op.operands}
        copy_op(self.outer, op, env)
        return env[v]

    def _taken(self, slices: Sliced) -> Value:
        """The slices of all trips of the block, in the order in which they lie in the tensor."""
        outer, place = self.outer, slices.place
        start = self.first
        if place.is_backward:
            start = outer.sub(outer.sub(self.trips, self.first), self.count)
        if place.offset:
            start = outer.add(start, place.offset)
        items = (*((slice(None),) * slices.axis), slice("$", "$", None))
        return outer.index(self.loop.captured[slices.x], start, outer.add(start, self.count), index=items)

    def _sum(self, total: ProductSum, before: Value, stacks: Sequence[Value]) -> Value:
        """A sum after the block: one product of the rows of all its trips."""
        outer = self.outer
        outer.loc = total.product.loc
        rows = outer.mul(self.count, self._sizes(total.right, False)[0])
        sides: list[Value] = []
        for value, is_turned in self._parts(total):
            found = self._sliced_or_stacked(value, is_turned)
            if isinstance(found, Sliced):
                all_rows = self._taken(found)
            else:
                all_rows = outer.index(stacks[found], self.count, index=(slice(None, "$", None),))
            sides.append(outer.reshape(all_rows, (rows, self._sizes(value, is_turned)[1])))
        term = outer.matmul(outer.transpose(sides[0], axes=(1, 0)), sides[1])
        return outer.add(before, term)

    def _parts(self, total: ProductSum) -> list[tuple[Value, bool]]:
        """The two values whose rows are brought together, and whether they are to be transposed first."""
        return [(total.left, total.is_left_turned), (total.right, False)]

    def _sliced_or_stacked(self, value: Value, is_turned: bool) -> Sliced | int:
        """Where the rows of a value are: in a tensor from outside, or the number of their stack."""
        slices = self._rows_outside(value, is_turned)
        if slices is not None and slices.place.is_backward == self.stacks_backward:
            return slices
        return self.stacked.setdefault((value, is_turned), len(self.stacked))

    def _rows_outside(self, value: Value, is_turned: bool) -> Sliced | None:
        found = None if is_turned else self.loop.sliced(value)
        return found if found is not None and found.axis == 0 else None

    def _sizes(self, value: Value, is_turned: bool) -> list[Size]:
        """The sizes of a value of the body, outside of it."""
        sizes = [dim if isinstance(dim, int) else self._size(dim) for dim in value.shape]
        return sizes[::-1] if is_turned else sizes

    def _size(self, dim: Any) -> Value:
        operands = (v for v in self.loop.op.operands[1:] if isinstance(v.type, Aval) and dim in v.shape)
        v = next(operands)
        return self.b.dim(v, axis=v.shape.index(dim))
