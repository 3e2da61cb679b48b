"""Values under another type that covers theirs: a branch or a loop makes sizes symbolic, and registers memory."""

from graph.aval import Aval, ListType, OptionalType, Type
from graph.errors import InternalError
from graph.llvm.abi import is_unrolled
from graph.llvm.descriptors import element_count, load_descriptor, store_descriptor
from graph.llvm.expressions import load_element, store_element
from graph.llvm.list_counts import retain_at
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.loop_nest import counted_loop
from graph.llvm.ownership import Ownership
from graph.llvm.scalars import Size
from graph.llvm.values import ListValue, OptionalValue, Registers, Tensor, Value


def coerced(own: Ownership, x: Value, t: Type) -> Value:
    """`x` as a value of type `t`; a reference to `x` is used up, the result comes with one."""
    if x.type == t and not (isinstance(x, Registers | Tensor) and is_unrolled(t) != isinstance(x, Registers)):
        return x
    match x, t:
        case Registers(), Aval():
            return Registers(t, x.elements) if is_unrolled(t) else _stored(own, x, t)
        case Tensor(), Aval():
            return _loaded(own, x, t) if is_unrolled(t) else _renamed(own, x, t)
        case OptionalValue(), OptionalType():
            return OptionalValue(t, x.present, coerced(own, x.value, t.element))
        case ListValue(), ListType():
            if same_layout(x.type.element, t.element):
                return ListValue(t, x.block, x.owner, x.refs) if x.refs == 1 else _listed_again(own, x, t)
            return _copied(own, x, t)
        case _:
            raise InternalError(f"a value of type {x.type} cannot be one of type {t}")


def same_layout(a: Type, b: Type) -> bool:
    """Whether descriptors of both types are alike."""
    if isinstance(a, Aval) and isinstance(b, Aval):
        return is_unrolled(a) == is_unrolled(b)
    match a, b:
        case (OptionalType(), OptionalType()) | (ListType(), ListType()):
            return same_layout(a.element, b.element)
        case _:
            return False


def _stored(own: Ownership, x: Registers, t: Aval) -> Tensor:
    made = Tensor(t, x.sizes)
    made.block, made.data = own.new_block(made)
    for i, element in enumerate(x.elements):
        store_element(own.s, made.data, i, element)
    return made


def _loaded(own: Ownership, x: Tensor, t: Aval) -> Registers:
    own.force(x)
    elements = tuple(load_element(own.s, x.data, t.dtype, i) for i in range(element_count(t)))
    own.drop(x)
    return Registers(t, elements)


def _renamed(own: Ownership, x: Tensor, t: Aval) -> Tensor:
    sizes: tuple[Size, ...] = tuple(d if isinstance(d, int) else size for d, size in zip(t.shape, x.sizes, strict=True))
    if x.refs == 1 and x.node is None and x.owner is None:
        x.type, x.sizes = t, sizes
        return x
    taken = own.take(x)
    assert isinstance(taken, Tensor)
    taken.type, taken.sizes = t, sizes
    return taken


def _listed_again(own: Ownership, x: ListValue, t: ListType) -> ListValue:
    taken = own.take(x)
    assert isinstance(taken, ListValue)
    return ListValue(t, taken.block)


def _copied(own: Ownership, x: ListValue, t: ListType) -> ListValue:
    """The elements one by one, under the new type."""
    s = own.s
    length = length_of(s, x.block)
    made = new_list(s, t, length)
    old_items, new_items = items_of(s, x.block), items_of(s, made)
    with counted_loop(s, s.i64(length)) as i:
        place = element_place(s, old_items, x.type, s.size(i))
        retain_at(s, place, x.type.element)
        element = coerced(own, load_descriptor(s, place, x.type.element), t.element)
        store_descriptor(s, element_place(s, new_items, t, s.size(i)), element)
    own.drop(x)
    return ListValue(t, made)
