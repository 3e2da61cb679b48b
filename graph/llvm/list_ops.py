"""List ops: growable vectors of descriptors, changed in place where nobody else has the list."""

from collections.abc import Mapping
from typing import Any, cast

from graph.aval import Aval, ListType, is_static
from graph.dtypes import int64
from graph.ir import value as ir_value
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.abi import HEADER, LIST_CAPACITY, LIST_ITEMS, LIST_LENGTH, is_unrolled, size_of
from graph.llvm.blocks import allocate, free, is_sole, retain
from graph.llvm.code import Code
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import load_descriptor, store_descriptor
from graph.llvm.expressions import Apply, Evaluation, Point, linear, store_element
from graph.llvm.ir import make
from graph.llvm.list_counts import release_at, release_list, retain_at
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.loop_nest import counted_loop, nest, spills_of
from graph.llvm.scalars import Scalar, Scalars
from graph.llvm.types import I1, I8, I32, I64, PTR, VOID
from graph.llvm.values import ListValue, Registers, Tensor, Value
from graph.llvm.writer import Handler, Writer


def _list_type(v: ir_value.Value) -> ListType:
    assert isinstance(v.type, ListType)
    return v.type


def write_make(w: Writer, op: Op, form: Lowering) -> None:
    """A list of the operands."""
    t = _list_type(op.result)
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


def _writable(w: Writer, v: ir_value.Value, t: ListType) -> ir.Value:
    """The block of a list of type `t` that has the elements of operand `v`, and that only this op knows."""
    x = coerced(w.own, w.consume(v), t)
    assert isinstance(x, ListValue)
    taken = w.own.take(x)
    assert isinstance(taken, ListValue)
    code, b = w.code, w.code.b
    result = code.slot(PTR)
    b.store(taken.block, result)
    with code.when(b.not_(is_sole(code, taken.block)), likely=False):
        code.fail_on(b.call(_copy_function(code, t), [code.ctx, taken.block, result]))
        release_list(code, t, taken.block)
    return b.load(result, typ=PTR)


def _copy_function(code: Code, t: ListType) -> ir.Function:
    """`i32 copy(ctx, block, ptr result)`: another list of the same elements."""
    name, module = f"copy_{t}", code.unit.module
    if name in module.globals:
        return module.globals[name]
    made = make.Function(module, make.FunctionType(I32, [PTR, PTR, PTR]), name)
    made.linkage = "internal"
    inner = Code(code.unit, made)
    s, b = Scalars(inner), inner.b
    _, block, result = made.args
    length = length_of(s, block)
    new = new_list(s, t, length)
    old_items, new_items = items_of(s, block), items_of(s, new)
    with inner.when(b.icmp_signed(">", length, I64(0))):
        count = b.mul(length, I64(size_of(t.element)))
        inner.copy_bytes(inner.offset(new_items, HEADER, I8), inner.offset(old_items, HEADER, I8), count)
        with counted_loop(s, s.i64(length)) as i:
            retain_at(s, element_place(s, new_items, t, s.size(i)), t.element)
    b.store(new, result)
    b.ret(I32(0))
    return made


def _make_room(code: Code, block: ir.Value, element_size: int) -> None:
    """Have room for one element more: twice as much as there is."""
    module, b = code.unit.module, code.b
    if "list_grow" not in module.globals:
        made = make.Function(module, make.FunctionType(I32, [PTR, PTR, I64]), "list_grow")
        made.linkage = "internal"
        made.attributes.add("noinline")
        inner = Code(code.unit, made)
        n = inner.b
        _, list_block, size = made.args
        capacity = n.load(inner.offset(list_block, LIST_CAPACITY, I8), typ=I64)
        wider = n.select(n.icmp_signed("<", capacity, I64(4)), I64(8), n.mul(capacity, I64(2)))
        items = allocate(inner, n.mul(wider, size))
        old = n.load(inner.offset(list_block, LIST_ITEMS, I8), typ=PTR)
        with inner.when(n.not_(inner.is_null(old))):
            inner.copy_bytes(inner.offset(items, HEADER, I8), inner.offset(old, HEADER, I8), n.mul(capacity, size))
            free(inner, old)
        n.store(items, inner.offset(list_block, LIST_ITEMS, I8))
        n.store(wider, inner.offset(list_block, LIST_CAPACITY, I8))
        n.ret(I32(0))
    length = b.load(code.offset(block, LIST_LENGTH, I8), typ=I64)
    capacity = b.load(code.offset(block, LIST_CAPACITY, I8), typ=I64)
    with code.when(b.icmp_signed(">=", length, capacity), likely=False):
        code.fail_on(b.call(module.globals["list_grow"], [code.ctx, block, I64(element_size)]))


def write_append(w: Writer, op: Op, form: Lowering) -> None:
    """One element more at the end."""
    t = _list_type(op.result)
    new = w.own.take(coerced(w.own, w.consume(op.operands[1]), t.element))
    block = _writable(w, op.operands[0], t)
    _make_room(w.code, block, size_of(t.element))
    length = length_of(w.s, block)
    store_descriptor(w.s, element_place(w.s, items_of(w.s, block), t, length), new)
    _set_length(w, block, w.code.b.add(length, I64(1)))
    w.define(op.result, ListValue(t, block))


def _set_length(w: Writer, block: ir.Value, length: ir.Value) -> None:
    w.code.b.store(length, w.code.offset(block, LIST_LENGTH, I8))


def write_set(w: Writer, op: Op, form: Lowering) -> None:
    """Another element in the place of one."""
    t = _list_type(op.result)
    _position(w, op, w.list_value(op.operands[0]).block)
    new = w.own.take(coerced(w.own, w.consume(op.operands[2]), t.element))
    block = _writable(w, op.operands[0], t)
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
    t = _list_type(op.results[0])
    code, b = w.code, w.code.b
    _position(w, op, w.list_value(op.operands[0]).block)
    block = _writable(w, op.operands[0], t)
    at = _unchecked(w, op, block)
    items, length = items_of(w.s, block), length_of(w.s, block)
    place = element_place(w.s, items, t, at)
    element = load_descriptor(w.s, place, t.element)
    left = b.sub(length, I64(1))
    behind = b.sub(left, at)
    with code.when(b.icmp_signed(">", behind, I64(0))):
        _move_bytes(code, place, code.offset(place, size_of(t.element), I8), b.mul(behind, I64(size_of(t.element))))
    _set_length(w, block, left)
    w.define(op.results[0], ListValue(t, block))
    w.define(op.results[1], element)


def _move_bytes(code: Code, to: ir.Value, source: ir.Value, count: ir.Value) -> None:
    """`memmove`."""
    function = code.unit.external("llvm.memmove.p0.p0.i64", VOID, [PTR, PTR, I64, I1])
    code.b.call(function, [to, source, count, I1(0)])


def write_insert(w: Writer, op: Op, form: Lowering) -> None:
    """One element more; an index beyond an end means that end."""
    t = _list_type(op.result)
    code, b = w.code, w.code.b
    new = w.own.take(coerced(w.own, w.consume(op.operands[2]), t.element))
    block = _writable(w, op.operands[0], t)
    _make_room(code, block, size_of(t.element))
    length, at = length_of(w.s, block), _unchecked(w, op, block)
    at = b.select(b.icmp_signed("<", at, I64(0)), I64(0), at)
    at = b.select(b.icmp_signed(">", at, length), length, at)
    place = element_place(w.s, items_of(w.s, block), t, at)
    behind = b.mul(b.sub(length, at), I64(size_of(t.element)))
    _move_bytes(code, code.offset(place, size_of(t.element), I8), place, behind)
    store_descriptor(w.s, place, new)
    _set_length(w, block, b.add(length, I64(1)))
    w.define(op.result, ListValue(t, block))


def _add(s: Any, x: Any, y: Any) -> Any:
    return s.add(x, y)


def write_add_at(w: Writer, op: Op, form: Lowering) -> None:
    """`x[i] += added`, for tensors."""
    t = _list_type(op.result)
    element, added = t.element, w.value(op.operands[2])
    if not isinstance(element, Aval) or not isinstance(added, Registers | Tensor):
        w.call_back(op, "sums of lists of lists")
        return
    block = _writable(w, op.operands[0], t)
    place = element_place(w.s, items_of(w.s, block), t, _unchecked(w, op, block))
    old = load_descriptor(w.s, place, element)
    assert isinstance(old, Registers | Tensor)
    store_descriptor(w.s, place, _sum(w, element, old, added))
    w.define(op.result, ListValue(t, block))


def _sum(w: Writer, t: Aval, old: Registers | Tensor, added: Registers | Tensor) -> Value:
    """The sum of tensors of one shape; `old` is used up."""
    if isinstance(old, Registers) and isinstance(added, Registers):
        pairs = zip(old.elements, added.elements, strict=True)
        return Registers(t, tuple(cast(Scalar, w.s.add(x, y)) for x, y in pairs))
    shape = old.type.shape
    other = added if added.type.shape == shape else _retyped(added, old.type)
    made = w.own.pending(t, old.sizes, Apply(_add, {}, (old, other), shape, t.dtype, 1))
    w.own.drop(old)
    return w.own.take(coerced(w.own, made, t))


def _retyped(x: Registers | Tensor, t: Aval) -> Registers | Tensor:
    """The same values under a type that says the same of its shape by other names."""
    if isinstance(x, Tensor) and x.node is None:
        return Tensor(t, x.sizes, None, x.block, x.data, x.owner, x.refs + 1)
    return x


def write_from_tensor(w: Writer, op: Op, form: Lowering) -> None:
    """The slices along the first axis: parts of the tensor's own memory where they are tensors in memory."""
    t, x = _list_type(op.result), w.source(op.operands[0])
    element = t.element
    assert isinstance(element, Aval)
    if cast(int, op.attrs["axis"]) % x.type.ndim != 0:
        w.call_back(op, "slices along an axis that is not the first")
        return
    s = w.s
    address = w.address(x)
    count = x.sizes[0]
    made = new_list(s, t, s.size(count))
    items = items_of(s, made)
    stride = element.dtype.itemsize
    for n in x.sizes[1:]:
        stride = s.mul(stride, n)
    with counted_loop(s, count) as i:
        at = s.mul(i, stride)
        data = w.code.offset(address, at if isinstance(at, int) else at.value, I8)
        if is_unrolled(element):
            part: Value = load_descriptor(s, data, element)
        else:
            assert isinstance(x, Tensor)
            part = Tensor(element, x.sizes[1:], None, x.block, data)
            retain(w.code, x.block)
        store_descriptor(s, element_place(s, items, t, s.size(i)), part)
    w.define(op.result, ListValue(t, made))


def write_stack(w: Writer, op: Op, form: Lowering) -> None:
    """The elements along a new axis, where all have one static shape."""
    x = w.list_value(op.operands[0])
    element = x.type.element
    assert isinstance(element, Aval)
    if not is_static(element.shape) or len(op.operands) > 1:
        w.call_back(op, "elements of any shape")
        return
    s, (result,) = w.s, op.results
    length = s.i64(length_of(s, x.block))
    w.code.fail_unless(s.gt(length, 0).value, w.fail(op))
    at = cast(int, op.attrs["axis"]) % (element.ndim + 1)
    shape = tuple(d for d in element.shape if isinstance(d, int))
    made = w.new_result(result, (*shape[:at], length, *shape[at:]))
    items = items_of(s, x.block)
    with counted_loop(s, length) as k:
        part = load_descriptor(s, element_place(s, items, x.type, s.size(k)), element)
        assert isinstance(part, Registers | Tensor)
        spills = spills_of(s, (part,))
        with nest(s, shape, parallel=True) as index:
            value = Evaluation(s, spills).element(part, Point(shape, index, None))
            store_element(s, made.data, linear(s, (*index[:at], k, *index[at:]), made.sizes), value)
    w.define(result, made)


BUILT_IN: Mapping[str, Handler] = {
    "list_make": write_make,
    "list_len": write_len,
    "list_get": write_get,
    "list_set": write_set,
    "list_append": write_append,
    "list_pop": write_pop,
    "list_insert": write_insert,
    "list_add_at": write_add_at,
    "list_from_tensor": write_from_tensor,
    "list_stack": write_stack,
}
