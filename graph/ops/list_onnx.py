"""Lists in ONNX: sequences. What nodes cannot do to whole sequences is done element by element, in a loop.

Indices of sequences count from the end when negative, and those that are out of range fail, as in Python.
"""

from collections.abc import Callable
from typing import Any

from graph.aval import Aval, ListType, Type
from graph.dtypes import int64
from graph.errors import InternalError
from graph.ir.onnx_form import Handle, OnnxEmitter


def _length(b: OnnxEmitter, x: Handle) -> Handle:
    return b.node("SequenceLength", b.first_part(x), dtype=int64)


def _from_start(b: OnnxEmitter, i: Handle, length: Handle) -> Handle:
    i = b.convert(i, int64)
    return b.select(b.lt(i, 0), b.add(i, length), i)


def list_make_onnx(b: OnnxEmitter, *elements: Handle, element: Type, types: tuple[Type]) -> Handle:
    made = b.empty(types[0])
    if not elements:
        return made

    def joined(empty: Handle, *parts: Handle) -> Handle:
        return b.node("SequenceConstruct", *parts)

    return b.each_part(joined, made, *elements, to=types[0])


def list_len_onnx(b: OnnxEmitter, x: Handle) -> Handle:
    return _length(b, x)


def list_get_onnx(b: OnnxEmitter, x: Handle, i: Handle, *, types: tuple[Type], checked: bool = True) -> Handle:
    return _element(b, x, b.convert(i, int64), types[0])


def _element(b: OnnxEmitter, x: Handle, i: Handle, t: Type) -> Handle:
    def taken(part: Handle) -> Handle:
        return b.node("SequenceAt", part, i)

    return b.each_part(taken, x, to=t)


def _without(b: OnnxEmitter, x: Handle, i: Handle) -> Handle:
    def erased(part: Handle) -> Handle:
        return b.node("SequenceErase", part, i)

    return b.each_part(erased, x, to=x.type)


def _with(b: OnnxEmitter, x: Handle, i: Handle | None, new: Handle) -> Handle:
    """An element comes before another, or to the end."""

    def inserted(part: Handle, element: Handle) -> Handle:
        return b.node("SequenceInsert", part, element, i)

    return b.each_part(inserted, x, new, to=x.type)


def list_set_onnx(
    b: OnnxEmitter, x: Handle, i: Handle, new: Handle, *, types: tuple[Type], checked: bool = True
) -> Handle:
    """The old element goes, which fails where there is none; the new one comes to its place."""
    at = _from_start(b, i, _length(b, x))
    return _with(b, _without(b, x, b.convert(i, int64)), at, new)


def list_append_onnx(b: OnnxEmitter, x: Handle, new: Handle) -> Handle:
    return _with(b, x, None, new)


def list_pop_onnx(
    b: OnnxEmitter, x: Handle, i: Handle, *, types: tuple[Type, Type], checked: bool = True
) -> tuple[Handle, Handle]:
    at = b.convert(i, int64)
    return _without(b, x, at), _element(b, x, at, types[1])


def list_insert_onnx(b: OnnxEmitter, x: Handle, i: Handle, new: Handle) -> Handle:
    """An index beyond an end means that end."""
    length = _length(b, x)
    at = _from_start(b, i, length)
    at = b.select(b.lt(at, 0), 0, b.select(b.gt(at, length), length, at))
    return _with(b, x, at, new)


def _same(i: Handle) -> Handle:
    return i


def _appended(
    b: OnnxEmitter, to: Handle, x: Handle, count: Handle, place: Callable[[Handle], Handle] = _same
) -> Handle:
    """The elements of `x` at `place(i)`, for i in 0..count-1, behind those of another list."""
    element = _element_type(x)

    def step(i: Handle, done: Handle) -> tuple[Handle]:
        return (_with(b, done, None, _element(b, x, place(i), element)),)

    return b.loop(count, (to,), (to.type,), step)[0]


def _element_type(x: Handle) -> Type:
    if not isinstance(x.type, ListType):
        raise InternalError(f"{x.type} is no list")
    return x.type.element


def list_concat_onnx(b: OnnxEmitter, x: Handle, y: Handle, *, types: tuple[Type]) -> Handle:
    return _appended(b, x, y, _length(b, y))


def list_reverse_onnx(b: OnnxEmitter, x: Handle) -> Handle:
    length = _length(b, x)
    last = b.sub(length, 1)

    def from_end(i: Handle) -> Handle:
        return b.sub(last, i)

    return _appended(b, b.empty(x.type), x, length, from_end)


def list_slice_onnx(b: OnnxEmitter, x: Handle, *bounds: Handle, given: tuple[str, ...], types: tuple[Type]) -> Handle:
    """The positions of a slice are those that it takes of 0, 1, ..."""
    positions = _sliced(b, _length(b, x), bounds, given)
    count = b.node("Gather", b.shape_of(positions), b.tensor(0, int64))

    def position(i: Handle) -> Handle:
        return b.node("Gather", positions, i)

    return _appended(b, b.empty(x.type), x, count, position)


def _sliced(b: OnnxEmitter, length: Handle, bounds: tuple[Handle, ...], given: tuple[str, ...]) -> Handle:
    named = {name: b.convert(bound, int64) for name, bound in zip(given, bounds, strict=True)}
    step = named.get("step", b.tensor(1, int64))
    if "step" in named:
        b.require(b.ne(step, 0), "ValueError: slice step cannot be zero")
    is_up, far = b.gt(step, 0), b.tensor(2**62, int64)
    start = named.get("start", b.select(is_up, b.neg(far), far))
    stop = named.get("stop", b.select(is_up, far, b.neg(far)))
    places = b.node("Range", b.tensor(0, int64), length, b.tensor(1, int64))
    return b.node("Slice", places, b.vector([start]), b.vector([stop]), b.tensor([0], int64), b.vector([step]))


def list_stack_onnx(new_axis: int) -> Any:
    """`list_stack` and `list_concat_tensors`. With `like` an empty list gives zeros like that."""

    def rule(b: OnnxEmitter, x: Handle, *like: Handle, axis: int, types: tuple[Aval]) -> Handle:
        def joined() -> Handle:
            at = axis % types[0].ndim
            return b.node("ConcatFromSequence", b.first_part(x), axis=at, new_axis=new_axis)

        def zeros() -> Handle:
            return b.node("Expand", b.tensor(0, like[0].dtype), b.shape_of(like[0]))

        return b.choose(b.gt(_length(b, x), 0), joined, zeros, types[0]) if like else joined()

    return rule


def list_from_tensor_onnx(b: OnnxEmitter, x: Handle, *, axis: int, types: tuple[Type]) -> Handle:
    at, count = axis % x.ndim, b.sizes(x)[axis % x.ndim]

    def step(i: Handle, done: Handle) -> tuple[Handle]:
        return (_with(b, done, None, b.node("Gather", x, i, axis=at)),)

    return b.loop(count, (b.empty(types[0]),), types, step)[0]


def list_split_like_onnx(b: OnnxEmitter, x: Handle, like: Handle, *, axis: int, types: tuple[Type]) -> Handle:
    at = axis % x.ndim

    def step(i: Handle, done: Handle, start: Handle) -> tuple[Handle, Handle]:
        piece = b.node("SequenceAt", b.first_part(like), i)
        size = b.node("Gather", b.shape_of(piece), b.tensor(at, int64))
        end = b.add(start, size)
        part = b.node("Slice", x, b.vector([start]), b.vector([end]), b.tensor([at], int64))
        return _with(b, done, None, part), end

    start = (b.empty(types[0]), b.tensor(0, int64))
    return b.loop(_length(b, like), start, (types[0], Aval(int64, ())), step)[0]


def list_add_at_onnx(b: OnnxEmitter, x: Handle, i: Handle, added: Handle, *, types: tuple[Type]) -> Handle:
    at = _from_start(b, i, _length(b, x))
    old = _element(b, x, at, _element_type(x))
    return _with(b, _without(b, x, at), at, sum_onnx(b, old, added))


def list_add_slice_onnx(
    b: OnnxEmitter, x: Handle, added: Handle, *bounds: Handle, given: tuple[str, ...], types: tuple[Type]
) -> Handle:
    positions, element = _sliced(b, _length(b, x), bounds, given), _element_type(x)

    def step(i: Handle, done: Handle) -> tuple[Handle]:
        at = b.node("Gather", positions, i)
        new = sum_onnx(b, _element(b, done, at, element), _element(b, added, i, element))
        return (_with(b, _without(b, done, at), at, new),)

    return b.loop(_length(b, added), (x,), (x.type,), step)[0]


# Cotangents of any type: sums and zeros. A missing one is zero.


def sum_onnx(b: OnnxEmitter, x: Handle, y: Handle) -> Handle:
    """The sum of two cotangents of one value."""
    match x.type:
        case Aval():
            return b.typed(b.add(x, y), x.type)
        case ListType(element):

            def step(i: Handle, done: Handle) -> tuple[Handle]:
                return (_with(b, done, None, sum_onnx(b, _element(b, x, i, element), _element(b, y, i, element))),)

            return b.loop(_length(b, x), (b.empty(x.type),), (x.type,), step)[0]
        case t:
            both = b.bit_and(b.flag(x), b.flag(y))

            def summed() -> Handle:
                return sum_onnx(b, b.held(x), b.held(y))

            def one() -> Handle:
                return b.choose(b.flag(x), lambda: b.held(x), lambda: b.held(y), t.element)

            value = b.choose(both, summed, one, t.element)
            return b.maybe(b.bit_or(b.flag(x), b.flag(y)), value)


def zeros_onnx(b: OnnxEmitter, x: Handle) -> Handle:
    """Zeros like a value."""
    match x.type:
        case Aval() as t:
            return b.typed(b.node("Expand", b.tensor(0, t.dtype), b.shape_of(x)), t)
        case ListType(element):

            def step(i: Handle, done: Handle) -> tuple[Handle]:
                return (_with(b, done, None, zeros_onnx(b, _element(b, x, i, element))),)

            return b.loop(_length(b, x), (b.empty(x.type),), (x.type,), step)[0]
        case _:
            return b.maybe(b.flag(x), zeros_onnx(b, b.held(x)))


# Values that may be missing


def some_onnx(b: OnnxEmitter, x: Handle) -> Handle:
    return b.some(x)


def none_onnx(b: OnnxEmitter, *, type: Type) -> Handle:
    return b.missing(type)


def is_some_onnx(b: OnnxEmitter, x: Handle) -> Handle:
    return b.flag(x)


def unwrap_onnx(b: OnnxEmitter, x: Handle, *, name: str) -> Handle:
    if name:
        text = f"UnboundLocalError: cannot access local variable {name!r} where it is not associated with a value"
        b.require(b.flag(x), text)
    return b.held(x)


def unwrap_or_zeros_onnx(b: OnnxEmitter, x: Handle, like: Handle) -> Handle:
    return b.choose(b.flag(x), lambda: b.held(x), lambda: zeros_onnx(b, like), like.type)


def same_onnx(b: OnnxEmitter, x: Handle, **attrs: Any) -> Handle:
    """The value itself."""
    return x
