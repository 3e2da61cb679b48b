"""Sums of two cotangents of one value, whatever its type: tensors, lists of such, values that may be missing."""

from typing import Any, cast

from graph.aval import Aval, ListType, OptionalType, Type
from graph.errors import InternalError
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.coercion import coerced
from graph.llvm.control_flow import renewed
from graph.llvm.descriptors import flat_types, flatten, load_descriptor, store_descriptor, unflatten
from graph.llvm.expressions import Apply
from graph.llvm.list_changes import writable_list
from graph.llvm.list_memory import element_place, items_of, length_of
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalar
from graph.llvm.types import I1
from graph.llvm.values import ListValue, OptionalValue, Registers, Tensor, Value
from graph.llvm.writer import Writer


def write_add_any(w: Writer, op: Op, form: Lowering) -> None:
    """`add_any`."""
    x, y = op.operands
    w.own.evaluate(w.value(x))
    w.own.evaluate(w.value(y))
    w.define(op.result, sum_of(w, op.result.type, w.consume(x), w.value(y)))


def add_at(w: Writer, t: ListType, place: ir.Value, added: Value) -> None:
    """Add to the element of a list of type `t` whose descriptor is at `place`."""
    old = load_descriptor(w.s, place, t.element)
    store_descriptor(w.s, place, w.own.take(sum_of(w, t.element, old, added)))


def sum_of(w: Writer, t: Type, x: Value, y: Value) -> Value:
    """The sum, of type `t`; a reference to `x` is used up, `y` stays whose it is."""
    match x, y:
        case (Registers() | Tensor(), Registers() | Tensor()):
            assert isinstance(t, Aval)
            return _sum_of_tensors(w, t, x, y)
        case ListValue(), ListValue():
            assert isinstance(t, ListType)
            return _sum_of_lists(w, t, x, y)
        case OptionalValue(), OptionalValue():
            assert isinstance(t, OptionalType)
            return _sum_of_optionals(w, t, x, y)
        case _:
            raise InternalError(f"{x.type} and {y.type} are no cotangents of one value")


def _add(s: Any, x: Any, y: Any) -> Any:
    return s.add(x, y)


def _sum_of_tensors(w: Writer, t: Aval, x: Registers | Tensor, y: Registers | Tensor) -> Value:
    if isinstance(x, Registers) and isinstance(y, Registers):
        pairs = zip(x.elements, y.elements, strict=True)
        return Registers(t, tuple(cast(Scalar, w.s.add(p, q)) for p, q in pairs))
    shape = x.type.shape
    other = y if y.type.shape == shape else _retyped(y, x.type)
    made = w.own.pending(t, x.sizes, Apply(_add, {}, (x, other), shape, t.dtype, 1))
    w.own.drop(x)
    return coerced(w.own, made, t)


def _retyped(x: Registers | Tensor, t: Aval) -> Registers | Tensor:
    """The same values under a type that says the same of its shape by other names."""
    if isinstance(x, Tensor) and x.node is None:
        return Tensor(t, x.sizes, None, x.block, x.data, x.owner, x.refs + 1)
    return x


def _sum_of_lists(w: Writer, t: ListType, x: ListValue, y: ListValue) -> Value:
    s = w.s
    block = writable_list(w, x, t)
    items, others = items_of(s, block), items_of(s, y.block)
    length, other = length_of(s, block), length_of(s, y.block)
    shorter = w.code.b.select(w.code.b.icmp_signed("<", other, length), other, length)
    with counted_loop(s, s.i64(shorter)) as i:
        added = load_descriptor(s, element_place(s, others, y.type, s.size(i)), y.type.element)
        add_at(w, t, element_place(s, items, t, s.size(i)), added)
    return ListValue(t, block)


def _sum_of_optionals(w: Writer, t: OptionalType, x: OptionalValue, y: OptionalValue) -> Value:
    """A missing one is zero."""
    code, b, own = w.code, w.code.b, w.own
    held = own.take(coerced(own, x, t))
    assert isinstance(held, OptionalValue)
    only_x, more, only_y, both, after = (code.block(name) for name in ("only_x", "more", "only_y", "both", "after"))
    b.cbranch(y.present, more, only_x)
    ends: list[tuple[list[ir.Value], ir.Block]] = []

    def end(value: Value) -> None:
        ends.append((flatten(w.s, value), b.block))
        b.branch(after)

    code.at(only_x)
    end(held)
    code.at(more)
    b.cbranch(held.present, both, only_y)
    code.at(only_y)
    end(own.take(coerced(own, own.share(y), t)))
    code.at(both)
    total = own.take(sum_of(w, t.element, renewed(held.value), y.value))
    end(OptionalValue(t, I1(1), total))
    code.at(after)
    kinds = flat_types(t)
    merged = [code.phi(kind, [(r[i], block) for r, block in ends]) for i, kind in enumerate(kinds)]
    return unflatten(w.s, t, iter(merged))
