"""Branches, loops and calls: basic blocks, and phis of the registers of what is carried."""

from collections.abc import Iterator, Sequence
from typing import cast

from graph.aval import Type
from graph.ir import value as ir_value
from graph.ir.lowering import Lowering
from graph.ir.op import Graph, Op
from graph.ir.walk import walk
from graph.llvm import ir
from graph.llvm.abi import STACK_END, Status, is_unrolled
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import (
    descriptors_slot,
    flat_types,
    flatten,
    load_descriptor,
    store_descriptors,
    unflatten,
)
from graph.llvm.expressions import spilled
from graph.llvm.types import I8, I32, I64, PTR
from graph.llvm.values import ListValue, OptionalValue, Registers, Tensor, Value
from graph.llvm.writer import POLL_EVERY, Writer


def write_cond(w: Writer, op: Op, form: Lowering) -> None:
    """One of two regions. What dies with the op is given to the branches, which may change it in place."""
    code = w.code
    predicate = w.scalar(op.operands[0]).value
    types = [v.type for v in op.results]
    captured = [_captured(w, v) for v in op.operands[1:]]
    branches = [code.block("then"), code.block("else")]
    after = code.block("after")
    code.b.cbranch(predicate, *branches)
    ends: list[tuple[list[ir.Value], ir.Block]] = []
    for block, region in zip(branches, op.regions, strict=True):
        code.at(block)
        arguments = [renewed(x) if is_given else w.own.borrowed(x) for x, is_given in captured]
        registers = _given_away(w, w.region(region, arguments), types)
        ends.append((registers, code.b.block))
        code.b.branch(after)
    code.at(after)
    merged = [code.phi(t, [(r[i], block) for r, block in ends]) for i, t in enumerate(_flat_types(types))]
    _define_all(w, op.results, iter(merged))


def _captured(w: Writer, v: ir_value.Value) -> tuple[Value, bool]:
    """An operand as branches get it, and whether it is theirs."""
    w.settle(w.value(v))
    if w.dies(v):
        return w.own.take(w.consume(v)), True
    return w.value(v), False


def renewed(x: Value) -> Value:
    """The same value once more, for code that does not run where the other one is used up."""
    match x:
        case Tensor():
            return Tensor(x.type, x.sizes, None, x.block, x.data)
        case OptionalValue():
            return OptionalValue(x.type, x.present, renewed(x.value))
        case ListValue():
            return ListValue(x.type, x.block)
        case Registers():
            return x


def _given_away(w: Writer, values: Sequence[Value], types: Sequence[Type]) -> list[ir.Value]:
    """The registers of values that leave a region, under the types that they have outside."""
    w.own.evaluate_all(values)
    taken = [w.own.take(coerced(w.own, x, t)) for x, t in zip(values, types, strict=True)]
    return [register for x in taken for register in flatten(w.s, x)]


def _flat_types(types: Sequence[Type]) -> list[ir.Type]:
    return [flat for t in types for flat in flat_types(t)]


def _define_all(w: Writer, results: Sequence[ir_value.Value], registers: Iterator[ir.Value]) -> None:
    for v in results:
        w.define(v, unflatten(w.s, v.type, registers))


class _Loop:
    """What both kinds of loop have: carried values as phis, captured ones borrowed."""

    def __init__(
        self, w: Writer, op: Op, initial: Sequence[ir_value.Value], captured: Sequence[ir_value.Value]
    ) -> None:
        self.w, self.op = w, op
        body = op.regions[-1]
        lead = 1 if op.name == "for_loop" else 0
        self.types = [p.type for p in body.params[lead : lead + len(initial)]]
        for v in (*initial, *captured):
            w.settle(w.value(v))
        given = _given_away(w, [w.consume(v) for v in initial], self.types)
        self.captured = [_in_memory_too(w, w.value(v)) for v in captured]
        self.aligned: list[Tensor] = []
        for i, p in enumerate(body.params[lead + len(initial) :]):
            x = self.captured[i]
            if isinstance(x, Tensor) and x.node is None and is_right_operand(body, p):
                self.captured[i] = w.own.aligned(x)
                self.aligned.append(cast(Tensor, self.captured[i]))
        code = w.code
        self.head = code.block("head")
        self.before = code.b.block
        code.b.branch(self.head)
        code.at(self.head)
        code.unit.loops.append(op.loc)
        self.phis = [code.phi(t, [(x, self.before)]) for t, x in zip(_flat_types(self.types), given, strict=True)]

    def state(self) -> list[Value]:
        """The carried values, as they come into a trip."""
        registers = iter(self.phis)
        return [unflatten(self.w.s, t, registers) for t in self.types]

    def borrowed(self) -> list[Value]:
        """The captured values, for one region."""
        return [self.w.own.borrowed(x) for x in self.captured]

    def go_on(self, values: Sequence[Value]) -> None:
        """The end of a trip that yields `values`."""
        code = self.w.code
        registers = _given_away(self.w, values, self.types)
        poll(self.w, _weight(self.op.regions[-1]))
        for phi, register in zip(self.phis, registers, strict=True):
            phi.add_incoming(register, code.b.block)
        code.b.branch(self.head)

    def finish(self, done: ir.Block) -> None:
        """What comes behind the loop."""
        self.w.code.unit.loops.pop()
        self.w.code.at(done)
        for x in self.aligned:
            self.w.own.drop(x)
        for v, x in zip(self.op.results, self.state(), strict=True):
            self.w.define(v, x)


def is_right_operand(region: Graph, v: ir_value.Value) -> bool:
    """Whether a region multiplies matrices with a value, of which products read many elements at a time."""
    for op in region.ops:
        places = [i for i, operand in enumerate(op.operands) if operand is v]
        if not places:
            continue
        if op.name in ("matmul", "add_matmul") and len(op.operands) - 1 in places:
            return True
        lead = len(op.operands) - len(op.regions[0].params) if op.regions else 0
        inside = [(r, r.params[i - lead]) for r in op.regions for i in places if 0 <= i - lead < len(r.params)]
        if any(is_right_operand(r, p) for r, p in inside):
            return True
    return False


def _in_memory_too(w: Writer, x: Value) -> Value:
    """Registers that a trip may index by numbers of the run time are stored before the loop, and not in each trip."""
    if isinstance(x, Registers) and len(x.elements) > 1:
        return Registers(x.type, x.elements, spilled(w.s, x))
    return x


def write_while(w: Writer, op: Op, form: Lowering) -> None:
    """`while`: the test borrows what is carried, the body uses it up."""
    carried = cast(int, op.attrs["carried"])
    loop = _Loop(w, op, op.operands[:carried], op.operands[carried:])
    test, body = op.regions
    code = w.code
    state = loop.state()
    (passed,) = w.region(test, [*(w.own.borrowed(x) for x in state), *loop.borrowed()])
    trip, done = code.block("trip"), code.block("done")
    code.b.cbranch(flatten(w.s, passed)[0], trip, done)
    code.at(trip)
    loop.go_on(w.region(body, [*state, *loop.borrowed()]))
    loop.finish(done)


def write_for(w: Writer, op: Op, form: Lowering) -> None:
    """`for` over 0 .. n-1."""
    carried = cast(int, op.attrs["carried"])
    count = w.scalar(op.operands[0])
    loop = _Loop(w, op, op.operands[1 : carried + 1], op.operands[carried + 1 :])
    code, b = w.code, w.code.b
    i = code.phi(I64, [(I64(0), loop.before)])
    trip, done = code.block("trip"), code.block("done")
    b.cbranch(b.icmp_signed("<", i, count.value), trip, done)
    code.at(trip)
    (body,) = op.regions
    number = w.number(i)
    values = w.region(body, [number, *loop.state(), *loop.borrowed()])
    following = b.add(i, I64(1), flags=("nsw",))
    loop.go_on(values)
    i.add_incoming(following, b.block)
    loop.finish(done)


def _weight(body: Graph) -> int:
    """How much of the patience of signals a trip takes: little for scalars, much for what loops over memory."""
    weight = 1
    for op in walk(body):
        is_large = any(not is_unrolled(v.type) for v in op.results)
        weight += POLL_EVERY // 64 if is_large else 1
    return min(weight, POLL_EVERY)


def poll(w: Writer, weight: int) -> None:
    """Ask for signals, once in a while."""
    code, b = w.code, w.code.b
    left = b.sub(b.load(w.poll_counter, typ=I32), I32(weight))
    b.store(left, w.poll_counter)
    with code.when(b.icmp_signed("<", left, I32(0)), likely=False):
        b.store(I32(POLL_EVERY), w.poll_counter)
        code.fail_on(b.call(code.unit.external("dy_poll", I32, [PTR]), [code.ctx]))


def write_call(w: Writer, op: Op, form: Lowering) -> None:
    """A function of the graph, which takes over its arguments."""
    code, b = w.code, w.code.b
    function, graph = code.unit.functions[str(op.attrs["function"])]
    types = [p.type for p in graph.params]
    values = [w.own.take(coerced(w.own, w.consume(v), t)) for v, t in zip(op.operands, types, strict=True)]
    given = store_descriptors(w.s, values, types)
    result_types = [v.type for v in graph.results]
    place, places = descriptors_slot(w.s, result_types)
    frame = b.call(code.unit.external("llvm.frameaddress.p0", PTR, [I32]), [I32(0)])
    end = b.load(code.offset(code.ctx, STACK_END, I8), typ=PTR)
    code.fail_unless(b.icmp_unsigned(">", frame, end), lambda: I32(int(Status.TOO_DEEP)))
    code.fail_on(b.call(function, [code.ctx, given, place]))
    for v, at, t in zip(op.results, places, result_types, strict=True):
        w.define(v, load_descriptor(w.s, at, t))
