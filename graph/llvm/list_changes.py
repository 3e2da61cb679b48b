"""Lists that are about to change: alone, and with room."""

from graph.aval import ListType
from graph.ir import value as ir_value
from graph.llvm import ir
from graph.llvm.abi import HEADER, LIST_CAPACITY, LIST_ITEMS, LIST_LENGTH, size_of
from graph.llvm.blocks import allocate, free, is_sole
from graph.llvm.code import Code
from graph.llvm.coercion import coerced
from graph.llvm.ir import make
from graph.llvm.list_counts import release_list, retain_at
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalars
from graph.llvm.types import I1, I8, I32, I64, PTR, VOID
from graph.llvm.values import ListValue, Value
from graph.llvm.writer import Writer


def list_type(v: ir_value.Value) -> ListType:
    """The type of a value that is a list."""
    assert isinstance(v.type, ListType)
    return v.type


def writable(w: Writer, v: ir_value.Value, t: ListType) -> ir.Value:
    """The block of a list of type `t` that has the elements of operand `v`, and that only this op knows."""
    return writable_list(w, w.consume(v), t)


def writable_list(w: Writer, x: Value, t: ListType) -> ir.Value:
    """`writable` of a list; a reference to it is used up."""
    held = coerced(w.own, x, t)
    assert isinstance(held, ListValue)
    taken = w.own.take(held)
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


def make_room(code: Code, block: ir.Value, element_size: int, more: ir.Value | int = 1) -> None:
    """Have room for some elements more: at least twice as much as there is."""
    module, b = code.unit.module, code.b
    if "list_grow" not in module.globals:
        made = make.Function(module, make.FunctionType(I32, [PTR, PTR, I64, I64]), "list_grow")
        made.linkage = "internal"
        made.attributes.add("noinline")
        inner = Code(code.unit, made)
        n = inner.b
        _, list_block, size, needed = made.args
        capacity = n.load(inner.offset(list_block, LIST_CAPACITY, I8), typ=I64)
        wider = n.select(n.icmp_signed("<", capacity, I64(4)), I64(8), n.mul(capacity, I64(2)))
        wider = n.select(n.icmp_signed("<", wider, needed), needed, wider)
        items = allocate(inner, n.mul(wider, size))
        old = n.load(inner.offset(list_block, LIST_ITEMS, I8), typ=PTR)
        with inner.when(n.not_(inner.is_null(old))):
            inner.copy_bytes(inner.offset(items, HEADER, I8), inner.offset(old, HEADER, I8), n.mul(capacity, size))
            free(inner, old)
        n.store(items, inner.offset(list_block, LIST_ITEMS, I8))
        n.store(wider, inner.offset(list_block, LIST_CAPACITY, I8))
        n.ret(I32(0))
    length = b.load(code.offset(block, LIST_LENGTH, I8), typ=I64)
    needed = b.add(length, I64(more) if isinstance(more, int) else more)
    capacity = b.load(code.offset(block, LIST_CAPACITY, I8), typ=I64)
    with code.when(b.icmp_signed(">", needed, capacity), likely=False):
        code.fail_on(b.call(module.globals["list_grow"], [code.ctx, block, I64(element_size), needed]))


def set_length(w: Writer, block: ir.Value, length: ir.Value) -> None:
    """Write the number of elements."""
    w.code.b.store(length, w.code.offset(block, LIST_LENGTH, I8))


def move_bytes(code: Code, to: ir.Value, source: ir.Value, count: ir.Value) -> None:
    """`memmove`."""
    function = code.unit.external("llvm.memmove.p0.p0.i64", VOID, [PTR, PTR, I64, I1])
    code.b.call(function, [to, source, count, I1(0)])
