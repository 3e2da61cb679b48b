"""Counts of lists at run time: a list owns its elements, and the memory that they are in."""

from graph.aval import Aval, ListType, OptionalType, Type
from graph.llvm import ir
from graph.llvm.abi import LIST_ITEMS, LIST_LENGTH, is_unrolled
from graph.llvm.blocks import free, release, retain, unless_frozen
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.list_memory import element_place
from graph.llvm.loop_nest import counted_loop
from graph.llvm.scalars import Scalars
from graph.llvm.types import I8, I64, PTR, VOID


def owns_nothing(t: Type) -> bool:
    """Whether values of this type hold no blocks."""
    return is_unrolled(t) or (isinstance(t, OptionalType) and owns_nothing(t.element))


def retain_list(code: Code, block: ir.Value) -> None:
    """One owner more."""
    retain(code, block)


def release_list(code: Code, t: ListType, block: ir.Value) -> None:
    """One owner less; the last one releases the elements. Null is no list."""
    code.b.call(_release_function(code, t), [code.ctx, block])


def _release_function(code: Code, t: ListType) -> ir.Function:
    name = f"release_{t}"
    module = code.unit.module
    if name in module.globals:
        return module.globals[name]
    made = make.Function(module, make.FunctionType(VOID, [PTR, PTR]), name)
    made.linkage = "internal"
    inner = Code(code.unit, made)
    s, b = Scalars(inner), inner.b
    (_, block) = made.args
    with inner.when(b.not_(inner.is_null(block))), unless_frozen(inner, block):
        left = b.sub(b.load(block, typ=I64), I64(1))
        b.store(left, block)
        with inner.when(b.icmp_signed("==", left, I64(0))):
            items = b.load(inner.offset(block, LIST_ITEMS, I8), typ=PTR)
            if not owns_nothing(t.element):
                length = s.i64(b.load(inner.offset(block, LIST_LENGTH, I8), typ=I64))
                with counted_loop(s, length) as i:
                    place = element_place(s, items, t, s.size(i))
                    release_at(s, place, t.element)
            with inner.when(b.not_(inner.is_null(items))):
                free(inner, items)
            free(inner, block)
    b.ret_void()
    return made


def release_at(s: Scalars, place: ir.Value, t: Type) -> None:
    """Release what the descriptor at `place` holds."""
    code = s.code
    match t:
        case Aval():
            if not is_unrolled(t):
                release(code, code.load(place, PTR))
        case ListType():
            release_list(code, t, code.load(place, PTR))
        case OptionalType():
            release_at(s, code.offset(place, 8, I8), t.element)


def retain_at(s: Scalars, place: ir.Value, t: Type) -> None:
    """One owner more for what the descriptor at `place` holds."""
    code = s.code
    match t:
        case Aval():
            if not is_unrolled(t):
                retain(code, code.load(place, PTR))
        case ListType():
            retain(code, code.load(place, PTR))
        case OptionalType():
            retain_at(s, code.offset(place, 8, I8), t.element)
