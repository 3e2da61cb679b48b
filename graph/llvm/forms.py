"""Pending forms: elementwise rules, views, reshapes and generated tensors become expressions."""

from collections.abc import Sequence
from typing import Any, cast

from graph.aval import Aval, Dim
from graph.dtypes import bool_, int64
from graph.ir.lowering import Elementwise, Gather, Generate, Loops, Lowering, Reshape, View
from graph.ir.op import Op
from graph.llvm.abi import is_unrolled
from graph.llvm.expressions import Apply, Gathered, Generated, Moved, Node, Reshaped, Source, Transposed, linear
from graph.llvm.loop_code import LoopCode, StackVariable
from graph.llvm.loop_nest import for_each
from graph.llvm.scalars import Scalar, Size
from graph.llvm.types import I8
from graph.llvm.values import Registers, Tensor
from graph.llvm.writer import Writer

EXPENSIVE = 16
"""The cost of a rule that calls a function."""


def write_elementwise(w: Writer, op: Op, form: Lowering) -> None:
    """A rule on elements; operands broadcast."""
    assert isinstance(form, Elementwise)
    if any(v.dtype.kind not in form.kinds for v in op.operands):
        w.call_back(op, f"there is no native rule for {op.operands[0].dtype}")
        return
    operands = [w.source(v) for v in op.operands]
    (result,) = op.results
    sizes = broadcast_sizes(w, op, operands)
    if form.valid is not None:
        check_elements(w, op, form.valid, operands, sizes)
    if all(isinstance(x, Registers) and not x.type.shape for x in operands):
        elements = [x.scalar for x in operands if isinstance(x, Registers)]
        made = form.rule(w.single, *elements, **op.attrs)
        element = made if isinstance(made, Scalar) else w.s.const(made, result.dtype)
        w.define(result, Registers(result.aval, (element,)))
        return
    node = Apply(form.rule, op.attrs, operands, result.shape, result.dtype, form.cost)
    w.define_pending(result, w.own.pending(result.aval, sizes, node))


def check_elements(w: Writer, op: Op, valid: Any, operands: Sequence[Source], sizes: tuple[Size, ...]) -> None:
    """Fail where a rule does not hold for all elements, which broadcast to `sizes`."""
    if valid(w.s, *(w.s.const(0, x.type.dtype) for x in operands), **op.attrs) is True:
        return
    bools = Aval(bool_, op.results[0].shape)
    node = Apply(valid, op.attrs, operands, bools.shape, bool_, 1)
    found = w.own.pending(bools, sizes, node)
    ok = StackVariable(w.s, w.s.const(True, bool_))
    if is_unrolled(bools):
        for element in w.unrolled(found, bools).elements:
            ok.set(w.s.bit_and(ok.get(), element))
    else:
        w.own.settle_shared(found)
        for_each(w.s, found, lambda ev, p: ok.set(w.s.bit_and(ok.get(), ev.element(found, p))), parallel=False)
    w.own.drop(found)
    w.code.fail_unless(ok.get().value, w.fail(op))


def broadcast_sizes(w: Writer, op: Op, operands: Sequence[Source]) -> tuple[Size, ...]:
    """The shape of the result. Where sizes do not fit at run time, the op fails."""
    s, shape = w.s, op.results[0].shape
    sizes: list[Size] = []
    ok: Any = True
    for axis, wanted in enumerate(shape):
        met: dict[Dim, Size] = {}
        for x in operands:
            at = axis - (len(shape) - x.type.ndim)
            if at >= 0 and x.type.shape[at] != 1:
                met.setdefault(x.type.shape[at], x.sizes[at])
        if isinstance(wanted, int):
            size: Size = wanted
        elif len(met) == 1:
            size = next(iter(met.values()))
        else:
            size = 1
            for candidate in met.values():
                size = s.select(s.eq(candidate, 1), size, candidate)
        for dim, candidate in met.items():
            if (dim != wanted and len(met) > 1) or (isinstance(wanted, int) and dim != wanted):
                ok = s.bit_and(ok, s.bit_or(s.eq(candidate, size), s.eq(candidate, 1)))
        sizes.append(size)
    if isinstance(ok, Scalar):
        w.code.fail_unless(ok.value, w.fail(op))
    return tuple(sizes)


def write_view(w: Writer, op: Op, form: Lowering) -> None:
    """Elements of operand 0, elsewhere."""
    assert isinstance(form, View)
    x, (result,) = w.source(op.operands[0]), op.results
    e = LoopCode(w, op)
    scalars = [as_size(w, w.scalar(v)) for v in op.operands[1:]]
    attrs = op.attrs
    sizes = known_sizes(result.shape, form.sizes(e, x.sizes, *scalars, **attrs))
    is_run = form.is_run is not None and form.is_run(*(v.type for v in op.operands), **attrs)
    if is_run and isinstance(x, Tensor) and x.node is None:
        first = form.element(e, (0,) * result.ndim, x.sizes, *scalars, **attrs)
        start = w.s.mul(linear(w.s, first, x.sizes), result.dtype.itemsize)
        data = w.code.offset(x.data, start if isinstance(start, int) else start.value, I8)
        w.define_pending(result, w.own.view(x, result.aval, sizes, data))
        return
    if op.name == "transpose":
        node: Node = Transposed(x, tuple(a % max(x.type.ndim, 1) for a in cast("tuple[int, ...]", attrs["axes"])))
    else:
        node = Moved(x, lambda s, index: form.element(s, index, x.sizes, *scalars, **attrs))
    w.define_pending(result, w.own.pending(result.aval, sizes, node))


def write_gather(w: Writer, op: Op, form: Lowering) -> None:
    """Elements by loads from anywhere."""
    assert isinstance(form, Gather)
    (result,) = op.results
    e, attrs = LoopCode(w, op), op.attrs
    operands = e.operands()
    for x in operands:
        if form.repeats and isinstance(x, Tensor):
            w.own.force_costly(x)
    sizes = known_sizes(result.shape, form.sizes(e, *operands, **attrs))
    node = Gathered(operands, lambda e, index: form.element(e, index, *operands, **attrs), result.dtype, form.cost)
    w.define_pending(result, w.own.pending(result.aval, sizes, node))


def write_reshape(w: Writer, op: Op, form: Lowering) -> None:
    """The same elements in another shape: of a tensor in memory, the same memory."""
    assert isinstance(form, Reshape)
    x, (result,) = w.source(op.operands[0]), op.results
    scalars = [as_size(w, w.scalar(v)) for v in op.operands[1:]]
    sizes = known_sizes(result.shape, form.sizes(LoopCode(w, op), x.sizes, *scalars, **op.attrs))
    if isinstance(x, Tensor) and (x.node is None or not x.node.is_flat):
        w.define_pending(result, w.own.view(x, result.aval, sizes, x_data(w, x)))
        return
    w.define_pending(result, w.own.pending(result.aval, sizes, Reshaped(x)))


def x_data(w: Writer, x: Tensor) -> Any:
    """Where the elements of a tensor are."""
    w.own.force(x)
    return x.data


def write_generated(w: Writer, op: Op, form: Lowering) -> None:
    """Elements from their index."""
    assert isinstance(form, Generate)
    (result,) = op.results
    scalars = [w.scalar(v) for v in op.operands]
    attrs = op.attrs
    sizes = known_sizes(result.shape, form.sizes(LoopCode(w, op), *(as_size(w, x) for x in scalars), **attrs))
    node = Generated(lambda s, index: form.element(s, index, *scalars, **attrs), result.dtype, is_constant=False)
    w.define_pending(result, w.own.pending(result.aval, sizes, node))


def write_loops(w: Writer, op: Op, form: Lowering) -> None:
    """Loops of the op's own."""
    assert isinstance(form, Loops)
    e = LoopCode(w, op)
    made = form.rule(e, *e.operands(), **op.attrs)
    results: tuple[Any, ...] = made if isinstance(made, tuple) else (made,)  # pyright: ignore[reportUnknownVariableType]
    e.finish(results)
    for v, x in zip(op.results, results, strict=True):
        w.define(v, e.result(x, v))


def known_sizes(shape: Sequence[Dim], sizes: Sequence[Size]) -> tuple[Size, ...]:
    """Sizes, of which the type knows some."""
    return tuple(d if isinstance(d, int) else size for d, size in zip(shape, sizes, strict=True))


def as_size(w: Writer, x: Scalar) -> Scalar:
    """An integer as an index; other scalars as they are."""
    return w.s.convert(x, int64) if x.dtype.kind in "iu" else x
