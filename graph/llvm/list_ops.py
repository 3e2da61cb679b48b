"""List ops: growable vectors of descriptors, changed in place where nobody else has the list."""

from collections.abc import Mapping

from graph.aval import ListType
from graph.dtypes import int64
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.abi import size_of
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import load_descriptor, store_descriptor
from graph.llvm.list_changes import list_type, make_room, move_bytes, set_length, writable
from graph.llvm.list_counts import release_at, retain_at
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.sums import add_at
from graph.llvm.types import I8, I64
from graph.llvm.values import ListValue, Value
from graph.llvm.writer import Handler, Writer


def write_make(w: Writer, op: Op, form: Lowering) -> None:
    """A list of the operands."""
    t = list_type(op.result)
    block = new_list(w.s, t, I64(len(op.operands)))
    items = items_of(w.s, block)
    for i, v in enumerate(op.operands):
        _put(w, t, items, I64(i), w.consume(v))
    w.define(op.result, ListValue(t, block))


def _put(w: Writer, t: ListType, items: ir.Value, i: ir.Value, x: Value) -> None:
    """Write an element; a reference to it is used up."""
    store_descriptor(w.s, element_place(w.s, items, t, i), w.own.take(coerced(w.own, x, t.element)))


def write_len(w: Writer, op: Op, form: Lowering) -> None:
    """The length."""
    w.define(op.result, w.number(length_of(w.s, w.list_value(op.operands[0]).block)))


def _position(w: Writer, op: Op, block: ir.Value) -> ir.Value:
    """The index operand counted from the start; where it is out of range and checked, the op fails."""
    s, b = w.s, w.code.b
    length = length_of(s, block)
    i = s.convert(w.scalar(op.operands[1]), int64).value
    at = b.select(b.icmp_signed("<", i, I64(0)), b.add(i, length), i)
    if op.attrs.get("checked", True):
        w.code.fail_unless(b.icmp_unsigned("<", at, length), w.fail(op))
    return at


def write_get(w: Writer, op: Op, form: Lowering) -> None:
    """An element, which stays in the list too."""
    x = w.list_value(op.operands[0])
    at = _position(w, op, x.block)
    place = element_place(w.s, items_of(w.s, x.block), x.type, at)
    retain_at(w.s, place, x.type.element)
    w.define(op.result, load_descriptor(w.s, place, x.type.element))


def write_append(w: Writer, op: Op, form: Lowering) -> None:
    """One element more at the end."""
    t = list_type(op.result)
    new = w.own.take(coerced(w.own, w.consume(op.operands[1]), t.element))
    block = writable(w, op.operands[0], t)
    make_room(w.code, block, size_of(t.element))
    length = length_of(w.s, block)
    store_descriptor(w.s, element_place(w.s, items_of(w.s, block), t, length), new)
    set_length(w, block, w.code.b.add(length, I64(1)))
    w.define(op.result, ListValue(t, block))


def write_set(w: Writer, op: Op, form: Lowering) -> None:
    """Another element in the place of one."""
    t = list_type(op.result)
    _position(w, op, w.list_value(op.operands[0]).block)
    new = w.own.take(coerced(w.own, w.consume(op.operands[2]), t.element))
    block = writable(w, op.operands[0], t)
    place = element_place(w.s, items_of(w.s, block), t, _unchecked(w, op, block))
    release_at(w.s, place, t.element)
    store_descriptor(w.s, place, new)
    w.define(op.result, ListValue(t, block))


def _unchecked(w: Writer, op: Op, block: ir.Value) -> ir.Value:
    b = w.code.b
    i = w.s.convert(w.scalar(op.operands[1]), int64).value
    return b.select(b.icmp_signed("<", i, I64(0)), b.add(i, length_of(w.s, block)), i)


def write_pop(w: Writer, op: Op, form: Lowering) -> None:
    """The list without an element, and the element."""
    t = list_type(op.results[0])
    code, b = w.code, w.code.b
    _position(w, op, w.list_value(op.operands[0]).block)
    block = writable(w, op.operands[0], t)
    at = _unchecked(w, op, block)
    items, length = items_of(w.s, block), length_of(w.s, block)
    place = element_place(w.s, items, t, at)
    element = load_descriptor(w.s, place, t.element)
    left = b.sub(length, I64(1))
    behind = b.sub(left, at)
    with code.when(b.icmp_signed(">", behind, I64(0))):
        move_bytes(code, place, code.offset(place, size_of(t.element), I8), b.mul(behind, I64(size_of(t.element))))
    set_length(w, block, left)
    w.define(op.results[0], ListValue(t, block))
    w.define(op.results[1], element)


def write_insert(w: Writer, op: Op, form: Lowering) -> None:
    """One element more; an index beyond an end means that end."""
    t = list_type(op.result)
    code, b = w.code, w.code.b
    new = w.own.take(coerced(w.own, w.consume(op.operands[2]), t.element))
    block = writable(w, op.operands[0], t)
    make_room(code, block, size_of(t.element))
    length, at = length_of(w.s, block), _unchecked(w, op, block)
    at = b.select(b.icmp_signed("<", at, I64(0)), I64(0), at)
    at = b.select(b.icmp_signed(">", at, length), length, at)
    place = element_place(w.s, items_of(w.s, block), t, at)
    behind = b.mul(b.sub(length, at), I64(size_of(t.element)))
    move_bytes(code, code.offset(place, size_of(t.element), I8), place, behind)
    store_descriptor(w.s, place, new)
    set_length(w, block, b.add(length, I64(1)))
    w.define(op.result, ListValue(t, block))


def write_add_at(w: Writer, op: Op, form: Lowering) -> None:
    """`x[i] += added`."""
    t, added = list_type(op.result), w.value(op.operands[2])
    w.settle(added)
    block = writable(w, op.operands[0], t)
    place = element_place(w.s, items_of(w.s, block), t, _unchecked(w, op, block))
    add_at(w, t, place, added)
    w.define(op.result, ListValue(t, block))


BUILT_IN: Mapping[str, Handler] = {
    "list_make": write_make,
    "list_len": write_len,
    "list_get": write_get,
    "list_set": write_set,
    "list_append": write_append,
    "list_pop": write_pop,
    "list_insert": write_insert,
    "list_add_at": write_add_at,
}
