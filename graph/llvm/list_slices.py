"""Ops on whole lists: joined, sliced, reversed, and sums with slices."""

from collections.abc import Mapping
from typing import Any

from graph.aval import ListType
from graph.dtypes import int64
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.abi import size_of
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import load_descriptor
from graph.llvm.list_changes import list_type, make_room, set_length, writable
from graph.llvm.list_counts import retain_at
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.loop_code import LoopCode
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalar, Size
from graph.llvm.sums import add_at
from graph.llvm.types import I8, I64
from graph.llvm.values import ListValue
from graph.llvm.writer import Handler, Writer
from graph.ops.index_lowering import sliced
from graph.ops.list_ops import BOUNDS


def write_concat(w: Writer, op: Op, form: Lowering) -> None:
    """`x + y`: the elements of `y` behind those of `x`."""
    t, s, code, b = list_type(op.result), w.s, w.code, w.code.b
    other = coerced(w.own, w.consume(op.operands[1]), t)
    assert isinstance(other, ListValue)
    block = writable(w, op.operands[0], t)
    length, more = length_of(s, block), length_of(s, other.block)
    make_room(code, block, size_of(t.element), more)
    items = items_of(s, block)
    with code.when(b.icmp_signed(">", more, I64(0))):
        _copy_items(w, t, element_place(s, items, t, length), items_of(s, other.block), I64(0), more)
    with counted_loop(s, s.i64(more)) as i:
        retain_at(s, element_place(s, items, t, b.add(length, s.size(i))), t.element)
    set_length(w, block, b.add(length, more))
    w.own.drop(other)
    w.define(op.result, ListValue(t, block))


def _copy_items(w: Writer, t: ListType, to: ir.Value, items: ir.Value, first: ir.Value, count: ir.Value) -> None:
    """Copy descriptors that follow each other."""
    size = w.code.b.mul(count, I64(size_of(t.element)))
    w.code.copy_bytes(to, element_place(w.s, items, t, first), size)


def _slice(w: Writer, op: Op, bounds: Any, length: ir.Value) -> tuple[Size, Size, Size]:
    """Start, length and step of the slice that the operands `bounds` say; a step of zero fails."""
    e = LoopCode(w, op)
    given: Any = op.attrs["given"]
    known = {name: w.s.convert(w.scalar(v), int64) for name, v in zip(given, bounds, strict=True)}
    if "step" in known:
        e.check(e.ne(known["step"], 0))
    return sliced(e, tuple(known.get(name) for name in BOUNDS), w.s.i64(length))


def write_slice(w: Writer, op: Op, form: Lowering) -> None:
    """A list of some of the elements, which stay in the other one too."""
    x, s = w.list_value(op.operands[0]), w.s
    t = list_type(op.result)
    start, count, step = _slice(w, op, op.operands[1:], length_of(s, x.block))
    made = new_list(s, x.type, s.size(count))
    old_items, items = items_of(s, x.block), items_of(s, made)
    with counted_loop(s, count) as i:
        place = element_place(s, old_items, x.type, s.size(s.add(start, s.mul(i, step))))
        w.code.copy_bytes(element_place(s, items, x.type, s.size(i)), place, size_of(x.type.element))
        retain_at(s, place, x.type.element)
    w.define(op.result, coerced(w.own, ListValue(x.type, made), t))


def write_add_slice(w: Writer, op: Op, form: Lowering) -> None:
    """`x[slice] += added`, element by element."""
    t, s = list_type(op.result), w.s
    x, added = w.list_value(op.operands[0]), w.list_value(op.operands[1])
    start, count, step = _slice(w, op, op.operands[2:], length_of(s, x.block))
    fits = s.eq(count, s.i64(length_of(s, added.block)))
    assert isinstance(fits, Scalar)
    w.code.fail_unless(fits.value, w.fail(op))
    block = writable(w, op.operands[0], t)
    items, others = items_of(s, block), items_of(s, added.block)
    with counted_loop(s, count) as i:
        other = load_descriptor(s, element_place(s, others, added.type, s.size(i)), added.type.element)
        add_at(w, t, element_place(s, items, t, s.size(s.add(start, s.mul(i, step)))), other)
    w.define(op.result, ListValue(t, block))


def write_reverse(w: Writer, op: Op, form: Lowering) -> None:
    """The elements in the other order: pairs change places."""
    t, s, code, b = list_type(op.result), w.s, w.code, w.code.b
    block = writable(w, op.operands[0], t)
    items, length, size = items_of(s, block), length_of(s, block), size_of(t.element)
    kept = code.slot(I8, max(size, 8))
    with counted_loop(s, s.i64(b.sdiv(length, I64(2)))) as i:
        one = element_place(s, items, t, s.size(i))
        other = element_place(s, items, t, b.sub(b.sub(length, I64(1)), s.size(i)))
        for to, source in ((kept, one), (one, other), (other, kept)):
            code.copy_bytes(to, source, size)
    w.define(op.result, ListValue(t, block))


BUILT_IN: Mapping[str, Handler] = {
    "list_concat": write_concat,
    "list_slice": write_slice,
    "list_add_slice": write_add_slice,
    "list_reverse": write_reverse,
}
