"""Values outside registers: descriptors in memory (see `abi`), and flat lists of registers for phis."""

from collections.abc import Iterator, Sequence

from graph.aval import Aval, ListType, OptionalType, Type
from graph.dtypes import bool_
from graph.errors import InternalError
from graph.llvm import ir
from graph.llvm.abi import is_unrolled, offsets_of
from graph.llvm.expressions import load_element, store_element
from graph.llvm.scalars import Scalar, Scalars, Size
from graph.llvm.types import I1, I8, I64, NULL, PTR, register_count, register_type
from graph.llvm.values import ListValue, OptionalValue, Registers, Tensor, Value


def static_sizes(t: Aval) -> tuple[int, ...]:
    """The shape of an unrolled type."""
    return tuple(d for d in t.shape if isinstance(d, int))


def element_count(t: Aval) -> int:
    """The number of elements of an unrolled type."""
    count = 1
    for d in static_sizes(t):
        count *= d
    return count


# Memory


def store_descriptor(s: Scalars, place: ir.Value, x: Value) -> None:
    """Write the descriptor of `x`, which must not be pending."""
    code = s.code
    match x:
        case Registers():
            for i, element in enumerate(x.elements):
                store_element(s, place, i, element)
        case Tensor():
            if x.node is not None:
                raise InternalError("a pending tensor has no descriptor")
            code.store(x.block, place)
            code.store(x.data, code.offset(place, 8, I8))
            for axis, size in enumerate(x.sizes):
                code.store(s.size(size), code.offset(place, 16 + 8 * axis, I8))
        case ListValue():
            code.store(x.block, place)
        case OptionalValue():
            code.store(code.b.zext(x.present, I64), place)
            store_descriptor(s, code.offset(place, 8, I8), x.value)


def load_descriptor(s: Scalars, place: ir.Value, t: Type) -> Value:
    """The value that a descriptor of type `t` is of; it owns nothing but what the descriptor did."""
    code = s.code
    match t:
        case Aval() if is_unrolled(t):
            return Registers(t, tuple(load_element(s, place, t.dtype, i) for i in range(element_count(t))))
        case Aval():
            block = code.load(place, PTR)
            data = code.load(code.offset(place, 8, I8), PTR)
            sizes: list[Size] = []
            for axis, dim in enumerate(t.shape):
                known = isinstance(dim, int)
                sizes.append(dim if known else s.i64(code.load(code.offset(place, 16 + 8 * axis, I8), I64)))
            return Tensor(t, tuple(sizes), None, block, data)
        case ListType():
            return ListValue(t, code.load(place, PTR))
        case OptionalType():
            present = code.b.icmp_unsigned("!=", code.load(place, I64), I64(0))
            return OptionalValue(t, present, load_descriptor(s, code.offset(place, 8, I8), t.element))


def descriptors_slot(s: Scalars, types: Sequence[Type]) -> tuple[ir.Value, list[ir.Value]]:
    """Room on the stack for descriptors one after the other, and where each begins."""
    offsets, total = offsets_of(types)
    place = s.code.slot(I8, max(total, 8))
    return place, [s.code.offset(place, at, I8) for at in offsets]


def store_descriptors(s: Scalars, values: Sequence[Value], types: Sequence[Type]) -> ir.Value:
    """Descriptors of all values, on the stack."""
    place, places = descriptors_slot(s, types)
    for at, x in zip(places, values, strict=True):
        store_descriptor(s, at, x)
    return place


# Registers


def flat_types(t: Type) -> list[ir.Type]:
    """The registers that a value of type `t` is."""
    match t:
        case Aval() if is_unrolled(t):
            return [register_type(t.dtype)] * (element_count(t) * register_count(t.dtype))
        case Aval():
            return [PTR, PTR, *(I64 for d in t.shape if not isinstance(d, int))]
        case ListType():
            return [PTR]
        case OptionalType():
            return [I1, *flat_types(t.element)]


def flatten(s: Scalars, x: Value) -> list[ir.Value]:
    """The registers of a value that is not pending. Its type says which dims are among them."""
    match x:
        case Registers():
            return [part for element in x.elements for part in element.parts]
        case Tensor():
            dims = [s.size(n) for n, d in zip(x.sizes, x.type.shape, strict=True) if not isinstance(d, int)]
            return [x.block, x.data, *dims]
        case ListValue():
            return [x.block]
        case OptionalValue():
            return [x.present, *flatten(s, x.value)]


def unflatten(s: Scalars, t: Type, registers: Iterator[ir.Value]) -> Value:
    """The value of type `t` whose registers come next."""
    match t:
        case Aval() if is_unrolled(t):
            parts = register_count(t.dtype)
            elements = [Scalar(t.dtype, tuple(next(registers) for _ in range(parts))) for _ in range(element_count(t))]
            return Registers(t, tuple(elements))
        case Aval():
            block, data = next(registers), next(registers)
            sizes = tuple(d if isinstance(d, int) else s.i64(next(registers)) for d in t.shape)
            return Tensor(t, sizes, None, block, data)
        case ListType():
            return ListValue(t, next(registers))
        case OptionalType():
            present = next(registers)
            return OptionalValue(t, present, unflatten(s, t.element, registers))


def missing(s: Scalars, t: Type) -> Value:
    """What stands in the place of a value that is not there: nulls and zeros, which own nothing."""
    match t:
        case Aval() if is_unrolled(t):
            return Registers(t, (s.const(False if t.dtype == bool_ else 0, t.dtype),) * element_count(t))
        case Aval():
            return Tensor(t, tuple(d if isinstance(d, int) else s.i64(I64(0)) for d in t.shape))
        case ListType():
            return ListValue(t, NULL)
        case OptionalType():
            return OptionalValue(t, I1(0), missing(s, t.element))
