"""Zero cotangents of any value: zeros like a tensor, lists of them, nothing where nothing is."""

from collections.abc import Callable

from graph.aval import Type
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm.control_flow import renewed
from graph.llvm.descriptors import flat_types, flatten, load_descriptor, missing, store_descriptor, unflatten
from graph.llvm.expressions import Generated
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.loop_nest import counted_loop
from graph.llvm.values import ListValue, OptionalValue, Registers, Tensor, Value
from graph.llvm.writer import Writer


def write_zeros(w: Writer, op: Op, form: Lowering) -> None:
    """`zeros_like_any`."""
    w.define(op.result, zeros_like(w, w.value(op.operands[0])))


def zeros_like(w: Writer, x: Value) -> Value:
    """Zeros like `x`, which stays whose it is; the result comes with a reference."""
    match x:
        case Registers():
            return Registers(x.type, (w.s.const(0, x.type.dtype),) * len(x.elements))
        case Tensor():
            zero = w.s.const(0, x.type.dtype)
            return w.own.pending(x.type, x.sizes, Generated(lambda s, index: zero, x.type.dtype, is_constant=True))
        case ListValue():
            return _list_of_zeros(w, x)
        case OptionalValue():
            return _optional_zeros(w, x)


def _list_of_zeros(w: Writer, x: ListValue) -> ListValue:
    s, element = w.s, x.type.element
    made = new_list(s, x.type, length_of(s, x.block))
    old_items, items = items_of(s, x.block), items_of(s, made)
    with counted_loop(s, s.i64(length_of(s, x.block))) as i:
        like = load_descriptor(s, element_place(s, old_items, x.type, s.size(i)), element)
        zeros = w.own.take(zeros_like(w, like))
        store_descriptor(s, element_place(s, items, x.type, s.size(i)), zeros)
    return ListValue(x.type, made)


def _optional_zeros(w: Writer, x: OptionalValue) -> OptionalValue:
    value = where_there(w, x, x.type.element, lambda: zeros_like(w, renewed(x.value)))
    return OptionalValue(x.type, x.present, value)


def where_there(w: Writer, x: OptionalValue, t: Type, make: Callable[[], Value]) -> Value:
    """What `make` gives where `x` is there, else the placeholder of a missing value."""
    code = w.code
    there, absent, after = code.block("there"), code.block("absent"), code.block("after")
    code.b.cbranch(x.present, there, absent)
    code.at(there)
    value = flatten(w.s, w.own.take(make()))
    there = code.b.block
    code.b.branch(after)
    code.at(absent)
    other = flatten(w.s, missing(w.s, t))
    code.b.branch(after)
    code.at(after)
    pairs = zip(flat_types(t), value, other, strict=True)
    return unflatten(w.s, t, iter([code.phi(kind, [(p, there), (q, absent)]) for kind, p, q in pairs]))
