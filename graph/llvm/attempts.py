"""`attempt`: a block that may fail is a function, which returns a status. Python says what the exception is.

All that the block could change is frozen while it runs (see `blocks`): where it fails, what it has made is freed, and
nothing else is left to be undone. Where it succeeds, its results begin to count.
"""

from graph.aval import Aval, ListType, OptionalType, Type, is_static
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.abi import BLOCK_EPOCH, EPOCH, FROZEN, Status, is_unrolled
from graph.llvm.blocks import retain
from graph.llvm.code import Code
from graph.llvm.descriptors import (
    descriptors_slot,
    flat_types,
    flatten,
    load_descriptor,
    missing,
    static_sizes,
    store_descriptors,
    unflatten,
)
from graph.llvm.expressions import Generated
from graph.llvm.functions import write_function
from graph.llvm.ir import make
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalars
from graph.llvm.types import I8, I32, I64, PTR, VOID
from graph.llvm.values import ListValue, Tensor, Value
from graph.llvm.writer import Writer

LEAD = 2
"""Results before those of the block: what failed, and the text."""


def write_attempt(w: Writer, op: Op, form: Lowering) -> None:
    """Call the block, and go on with its values, or with what was caught and fillers."""
    code, b, (body,) = w.code, w.code.b, op.regions
    unit = code.unit
    name = f"attempt_{sum(known.startswith('attempt_') for known in unit.module.globals)}"
    function = make.Function(unit.module, make.FunctionType(I32, [PTR, PTR, PTR]), name)
    function.linkage = "internal"
    write_function(unit, function, body, w.forms, w.built_in, meets_frozen=True)
    operands = [w.value(v) for v in op.operands]
    for x in operands:
        w.own.evaluate(x)
    types = [v.type for v in op.results]
    given = store_descriptors(w.s, operands, [p.type for p in body.params])
    place, places = descriptors_slot(w.s, types[LEAD:])

    frozen_at, epoch_at = code.offset(code.ctx, FROZEN, I8), code.offset(code.ctx, EPOCH, I8)
    outer, epoch = b.load(frozen_at, typ=I64), b.add(b.load(epoch_at, typ=I64), I64(1))
    b.store(epoch, frozen_at)
    b.store(b.add(epoch, I64(1)), epoch_at)  # `epoch` itself is for lists that were looked through
    status = b.call(function, [code.ctx, given, place])
    b.store(outer, frozen_at)

    well, failed, after = code.block("well"), code.block("failed"), code.block("after")
    b.cbranch(b.icmp_signed("==", status, I32(int(Status.OK))), well, failed).set_weights([2000, 1])
    code.at(well)
    values = [load_descriptor(w.s, at, t) for at, t in zip(places, types[LEAD:], strict=True)]
    for at, t in zip(places, types[LEAD:], strict=True):
        thaw(w.s, at, t, epoch)
    no_text = missing(w.s, types[1])
    done = _registers(w, [w.number(I64(0)), no_text, *values])
    well = b.block
    b.branch(after)
    code.at(failed)
    b.call(unit.external("dy_undo", VOID, [PTR, I64]), [code.ctx, epoch])
    caught = _caught(w, op, status)
    other = _registers(w, [*caught, *(_filler(w, t) for t in types[LEAD:])])
    failed = b.block
    b.branch(after)
    code.at(after)
    kinds = [kind for t in types for kind in flat_types(t)]
    registers = iter([code.phi(t, [(p, well), (q, failed)]) for t, p, q in zip(kinds, done, other, strict=True)])
    for v in op.results:
        w.define(v, unflatten(w.s, v.type, registers))


def _registers(w: Writer, values: list[Value]) -> list[ir.Value]:
    return [register for x in values for register in flatten(w.s, x)]


def _caught(w: Writer, op: Op, status: ir.Value) -> list[Value]:
    """What failed, and the text; where no handler is for it, the status goes on."""
    code, types = w.code, [v.type for v in op.results[:LEAD]]
    place, places = descriptors_slot(w.s, types)
    number = code.unit.callback(op, (), types, "")
    function = code.unit.external("dy_catch", I32, [PTR, I32, I32, PTR])
    code.fail_on(code.b.call(function, [code.ctx, I32(number), status, place]))
    return [load_descriptor(w.s, at, t) for at, t in zip(places, types, strict=True)]


def _filler(w: Writer, t: Type) -> Value:
    """What stands for a value of a block that failed. It is a value like others, though nobody computes with it."""
    if isinstance(t, ListType):
        return ListValue(t, new_list(w.s, t, I64(0)))
    if isinstance(t, OptionalType) or is_unrolled(t) or not is_static(t.shape):
        return missing(w.s, t)
    zero = w.s.const(0, t.dtype)
    made = Tensor(t, static_sizes(t), Generated(lambda s, index: zero, t.dtype, is_constant=True))
    return w.own.take(made)


def thaw(s: Scalars, place: ir.Value, t: Type, epoch: ir.Value) -> None:
    """Count what the descriptor at `place` holds of what was frozen until now: blocks older than `epoch`."""
    code, b = s.code, s.b
    match t:
        case Aval():
            if not is_unrolled(t):
                block = code.load(place, PTR)
                with code.when(b.not_(code.is_null(block))), code.when(_is_older(code, block, epoch)):
                    retain(code, block)
        case ListType():
            b.call(_thaw_function(code, t), [code.ctx, code.load(place, PTR), epoch])
        case OptionalType():
            thaw(s, code.offset(place, 8, I8), t.element, epoch)


def _is_older(code: Code, block: ir.Value, epoch: ir.Value) -> ir.Value:
    number = code.b.load(code.offset(block, BLOCK_EPOCH, I8), typ=I64)
    return code.b.icmp_signed("<", number, epoch)


def _thaw_function(code: Code, t: ListType) -> ir.Function:
    """`void thaw(ctx, block, epoch)`: a list that was frozen has one owner more; in a new one, what its elements hold
    begins to count. A list is looked through once: then its number is `epoch`."""
    name, module = f"thaw_{t}", code.unit.module
    if name in module.globals:
        return module.globals[name]
    made = make.Function(module, make.FunctionType(VOID, [PTR, PTR, I64]), name)
    made.linkage = "internal"
    inner = Code(code.unit, made)
    s, b = Scalars(inner), inner.b
    _, block, epoch = made.args
    with inner.when(b.not_(inner.is_null(block))):
        number_at = inner.offset(block, BLOCK_EPOCH, I8)
        number = b.load(number_at, typ=I64)
        with inner.when(b.icmp_signed("<", number, epoch)):
            retain(inner, block)
        with inner.when(b.icmp_signed(">", number, epoch)):
            b.store(epoch, number_at)
            items = items_of(s, block)
            with counted_loop(s, s.i64(length_of(s, block))) as i:
                thaw(s, element_place(s, items, t, s.size(i)), t.element, epoch)
    b.ret_void()
    return made
