"""Between lists of tensors and tensors: slices of a tensor as a list, the elements of a list as one tensor."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from graph.aval import Aval, SymDim
from graph.dtypes import bool_
from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.abi import is_unrolled
from graph.llvm.blocks import retain
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import load_descriptor, store_descriptor
from graph.llvm.expressions import Evaluation, Moved, Point, Source, Transposed, linear, store_element
from graph.llvm.list_changes import list_type
from graph.llvm.list_memory import element_place, items_of, length_of, new_list
from graph.llvm.loop_code import StackVariable
from graph.llvm.loop_nest import counted_loop, nest, spills_of
from graph.llvm.scalars import Scalar, Size
from graph.llvm.types import I8, I64
from graph.llvm.values import ListValue, Registers, Tensor, Value
from graph.llvm.writer import Handler, Writer

Sizes = tuple[Size, ...]


def _axis(op: Op, ndim: int) -> int:
    return cast(int, op.attrs["axis"]) % ndim


def write_from_tensor(w: Writer, op: Op, form: Lowering) -> None:
    """The slices along an axis: parts of the tensor's own memory where they are tensors in memory."""
    t, x, s = list_type(op.result), w.source(op.operands[0]), w.s
    element = t.element
    assert isinstance(element, Aval)
    axis = _axis(op, x.type.ndim)
    first: Source = x
    if axis:
        order = (axis, *(i for i in range(x.type.ndim) if i != axis))
        turned = Aval(x.type.dtype, (SymDim.named("?"),) * x.type.ndim)
        first = w.own.pending(turned, [x.sizes[i] for i in order], Transposed(x, order))
    address = w.address(first)
    count = first.sizes[0]
    made = new_list(s, t, s.size(count))
    items = items_of(s, made)
    with counted_loop(s, count) as i:
        part = _run(w, element, first, address, i, first.sizes[1:])
        store_descriptor(s, element_place(s, items, t, s.size(i)), part)
    if first is not x:
        w.own.drop(first)
    w.define(op.result, ListValue(t, made))


def _run(w: Writer, t: Aval, x: Source, address: ir.Value, first: Size, sizes: Sizes) -> Value:
    """A tensor of type `t` in the memory of `x`, from row `first` on; it shares the block."""
    s, stride = w.s, cast(Size, t.dtype.itemsize)
    for n in x.sizes[1:]:
        stride = s.mul(stride, n)
    at = s.mul(first, stride)
    data = w.code.offset(address, at if isinstance(at, int) else at.value, I8)
    if is_unrolled(t):
        return load_descriptor(s, data, t)
    if isinstance(x, Registers):
        return _stored_copy(w, t, x, first, sizes)
    retain(w.code, x.block)
    return Tensor(t, sizes, None, x.block, data)


def _stored_copy(w: Writer, t: Aval, x: Registers, first: Size, sizes: Sizes) -> Value:
    """`_run` for registers, which have no block to share: some of them in memory."""
    rank = len(x.sizes)

    def place(s: Any, index: Sizes) -> Sizes:
        return (s.add(first, index[0]), *index[1:]) if len(index) == rank else (first, *index)

    return w.own.take(coerced(w.own, w.own.pending(_open(t), sizes, Moved(x, place)), t))


def _open(t: Aval) -> Aval:
    """A type that says nothing of sizes: values of it are in memory."""
    return Aval(t.dtype, (SymDim.named("?"),) * t.ndim)


def write_split_like(w: Writer, op: Op, form: Lowering) -> None:
    """The pieces along an axis, each as long as an element of another list; the last takes what is left."""
    t, x, like, s = list_type(op.result), w.source(op.operands[0]), w.list_value(op.operands[1]), w.s
    element, pattern = t.element, like.type.element
    assert isinstance(element, Aval)
    assert isinstance(pattern, Aval)
    axis = _axis(op, x.type.ndim)
    address = w.address(x)
    length = s.i64(length_of(s, like.block))
    made = new_list(s, t, length.value)
    items, others = items_of(s, made), items_of(s, like.block)
    spills = spills_of(s, (x,))
    end = StackVariable(s, s.i64(I64(0)))
    total = x.sizes[axis]
    with counted_loop(s, length) as i:
        piece = load_descriptor(s, element_place(s, others, like.type, s.size(i)), pattern)
        assert isinstance(piece, Registers | Tensor)
        start = end.get()
        left = s.sub(total, start)
        wanted = s.select(s.lt(piece.sizes[axis], left), piece.sizes[axis], left)
        count = s.select(s.eq(i, s.sub(length, 1)), left, wanted)
        end.set(s.add(start, count))
        sizes = tuple(count if k == axis else n for k, n in enumerate(x.sizes))
        if axis == 0 and isinstance(x, Tensor):
            part = _run(w, element, x, address, start, sizes)
        else:
            part = _piece(w, element, x, sizes, axis, start, spills)
        store_descriptor(s, element_place(s, items, t, s.size(i)), part)
    w.define(op.result, ListValue(t, made))


def _piece(w: Writer, t: Aval, x: Source, sizes: Sizes, axis: int, start: Size, spills: Any) -> Value:
    """A copy of what is from `start` on along an axis."""
    s = w.s
    made = Tensor(_open(t), sizes)
    made.block, made.data = w.own.new_block(made)
    with nest(s, sizes, parallel=True) as index:
        at = tuple(s.add(start, i) if k == axis else i for k, i in enumerate(index))
        value = Evaluation(s, spills).element(x, Point(x.sizes, at, None))
        store_element(s, made.data, linear(s, index, sizes), value)
    return w.own.take(coerced(w.own, made, t))


class _Joined:
    """The elements of a list of tensors, which become one tensor."""

    def __init__(self, w: Writer, op: Op) -> None:
        self.w, self.op, self.s = w, op, w.s
        self.list = w.list_value(op.operands[0])
        element = self.list.type.element
        assert isinstance(element, Aval)
        self.element = element
        self.items = items_of(self.s, self.list.block)
        self.length = self.s.i64(length_of(self.s, self.list.block))
        self.like = w.source(op.operands[1]) if len(op.operands) > 1 else None
        if self.like is None:
            w.code.fail_unless(cast(Scalar, self.s.gt(self.length, 0)).value, w.fail(op))

    def part(self, k: Size) -> Registers | Tensor:
        """An element."""
        part = load_descriptor(self.s, element_place(self.s, self.items, self.list.type, self.s.size(k)), self.element)
        assert isinstance(part, Registers | Tensor)
        return part

    def sizes(self, axis: int, *, is_new: bool) -> Sizes:
        """The shape of the result, with 0 for the size along `axis`."""
        if self.like is not None:
            sizes: Sizes = self.like.sizes
            return tuple(0 if k == axis else n for k, n in enumerate(sizes))
        first = self.part(0).sizes
        return (*first[:axis], 0, *first[axis:]) if is_new else (*first[:axis], 0, *first[axis + 1 :])

    def check(self, axis: int, sizes: Sizes, *, is_new: bool) -> Size:
        """Fail where elements have other shapes; gives how much they take together along `axis`."""
        s = self.s
        wanted = [n for k, n in enumerate(sizes) if k != axis]
        ok, total = StackVariable(s, s.const(True, bool_)), StackVariable(s, s.i64(I64(0)))
        with counted_loop(s, self.length) as k:
            own = self.part(k).sizes
            total.set(s.add(total.get(), 1 if is_new else own[axis]))
            same: Any = True
            for n, m in zip(own if is_new else (*own[:axis], *own[axis + 1 :]), wanted, strict=True):
                same = s.bit_and(same, s.eq(n, m))
            ok.set(s.bit_and(ok.get(), same))
        self.w.code.fail_unless(ok.get().value, self.w.fail(self.op))
        return total.get()

    def write(self, axis: int, *, is_new: bool) -> None:
        """The result: elements along `axis`, which they have or which is new; zeros for an empty list."""
        w, s, (result,) = self.w, self.s, self.op.results
        sizes = self.sizes(axis, is_new=is_new)
        total = self.check(axis, sizes, is_new=is_new)
        if self.like is not None:
            is_empty = s.eq(self.length, 0)
            fits = s.bit_or(is_empty, s.eq(total, self.like.sizes[axis]))
            w.code.fail_unless(cast(Scalar, fits).value, w.fail(self.op))
            total = self.like.sizes[axis]
        sizes = tuple(total if k == axis else n for k, n in enumerate(sizes))
        made = w.new_result(result, sizes)
        if self.like is not None:
            with w.code.when(cast(Scalar, s.eq(self.length, 0)).value), nest(s, sizes, parallel=True) as index:
                store_element(s, made.data, linear(s, index, sizes), s.const(0, result.dtype))
        start = StackVariable(s, s.i64(I64(0)))
        with counted_loop(s, self.length) as k:
            part, at = self.part(k), start.get()
            self._copy(part, made, self._placed(axis, at, is_new=is_new))
            start.set(s.add(at, 1 if is_new else part.sizes[axis]))
        w.define(result, made)

    def _placed(self, axis: int, start: Size, *, is_new: bool) -> Callable[[Sizes], Sizes]:
        """Where an element's element is in the result."""

        def place(index: Sizes) -> Sizes:
            if is_new:
                return (*index[:axis], start, *index[axis:])
            return tuple(self.s.add(start, i) if k == axis else i for k, i in enumerate(index))

        return place

    def _copy(self, part: Source, made: Tensor, place: Callable[[Sizes], Sizes]) -> None:
        s = self.s
        spills = spills_of(s, (part,))
        with nest(s, part.sizes, parallel=True) as index:
            value = Evaluation(s, spills).element(part, Point(part.sizes, index, None))
            store_element(s, made.data, linear(s, place(index), made.sizes), value)


def write_stack(w: Writer, op: Op, form: Lowering) -> None:
    """The elements along a new axis."""
    joined = _Joined(w, op)
    joined.write(_axis(op, joined.element.ndim + 1), is_new=True)


def write_concat_tensors(w: Writer, op: Op, form: Lowering) -> None:
    """The elements joined along an axis that they have."""
    joined = _Joined(w, op)
    joined.write(_axis(op, joined.element.ndim), is_new=False)


BUILT_IN: Mapping[str, Handler] = {
    "list_from_tensor": write_from_tensor,
    "list_stack": write_stack,
    "list_concat_tensors": write_concat_tensors,
    "list_split_like": write_split_like,
}
