"""Joining tensors along an axis, and taking them apart."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Shape, Type, dim_add, format_shape
from graph.dtypes import int64
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import LoopEmitter, Loops
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ir.parts import WHOLE, Part, Parts, Ways
from graph.ops.cotangent_rules import as_tuple
from graph.ops.join_onnx import concat_onnx, split_onnx, stack_onnx, unstack_onnx
from graph.ops.places import each
from graph.ops.promotion import common
from graph.ops.shape_rules import check_sizes, normalize_axis, quote, resolve_shape, tensor, unify_dims


def _alike(op: str, xs: Sequence[Type], but: int | None = None) -> tuple[list[Aval], list[Dim]]:
    """Operands as tensors, and their shape, which must be one, except along axis `but`."""
    avals = [tensor(x, op) for x in xs]
    if not avals:
        raise ShapeError(f"`{op}` needs at least one tensor")
    if len({a.dtype for a in avals}) > 1:
        raise DTypeError(f"{quote(op, *avals)}: dtypes must agree in a graph", next_step="cast them with `astype`.")
    if len({a.ndim for a in avals}) > 1:
        raise ShapeError(f"{quote(op, *avals)}: the numbers of axes differ")
    shape = list(avals[0].shape)
    for aval in avals[1:]:
        for i, dim in enumerate(aval.shape):
            if i == but:
                continue
            merged = unify_dims(shape[i], dim)
            if merged is None:
                raise ShapeError(f"{quote(op, *avals)}: sizes along axis {i} differ ({shape[i]} and {dim})")
            shape[i] = merged
    return avals, shape


def infer_concat(*xs: Type, axis: int) -> Aval:
    """Shape rule of `concat`: one dtype, equal sizes but along `axis`, where they add up."""
    ndim = tensor(xs[0], "concat").ndim if xs else 1
    at = normalize_axis("concat", axis, ndim)
    avals, shape = _alike("concat", xs, but=at)
    total: Dim = 0
    for aval in avals:
        total = dim_add(total, aval.shape[at])
    shape[at] = total
    return Aval(avals[0].dtype, tuple(shape))


def concat_kernel(*xs: Any, axis: int) -> Any:
    return np.concatenate(xs, axis)


def concat_vjp(b: Emitter[Any], ct: Any, y: Any, *xs: Any, axis: int) -> tuple[Any, ...]:
    at = axis % y.ndim
    sizes, operands = b.split_shape([b.shape_of(x)[at] for x in xs])
    return as_tuple(b.split(ct, *operands, sizes=sizes, axis=at))


def infer_stack(*xs: Type, axis: int) -> Aval:
    """Shape rule of `stack`: tensors of one type along a new axis, which counts in the result."""
    avals, shape = _alike("stack", xs)
    shape.insert(normalize_axis("stack", axis, len(shape) + 1), len(avals))
    return Aval(avals[0].dtype, tuple(shape))


def stack_kernel(*xs: Any, axis: int) -> Any:
    at = axis % (xs[0].ndim + 1)
    thicken = (*((slice(None),) * at), None)
    return np.concatenate([x[thicken] for x in xs], at)


def stack_vjp(b: Emitter[Any], ct: Any, y: Any, *xs: Any, axis: int) -> tuple[Any, ...]:
    return as_tuple(b.unstack(ct, axis=axis))


def join_effect(op: Op) -> Effect:
    """Sizes that must be equal may differ at run time; those along the axis of `concat` need not be."""
    shapes = [v.shape for v in op.operands]
    at = int(op.attrs["axis"]) % len(shapes[0]) if op.name == "concat" else None  # pyright: ignore[reportArgumentType]
    same = all(len(set(dims)) == 1 for i, dims in enumerate(zip(*shapes, strict=True)) if i != at)
    return Effect.PURE if same else Effect.CAN_FAIL


def infer_unstack(x: Type, *, axis: int) -> tuple[Aval, ...]:
    """Shape rule of `unstack`: one result for each index of `axis`, whose size must be known."""
    aval = tensor(x, "unstack")
    at = normalize_axis("unstack", axis, aval.ndim)
    size = aval.shape[at]
    if not isinstance(size, int):
        raise ShapeError(
            f"{quote('unstack', aval)}: axis {at} has a size that is known at run time only",
            next_step="loop over the axis instead.",
        )
    return (Aval(aval.dtype, aval.shape[:at] + aval.shape[at + 1 :]),) * size


def unstack_kernel(x: Any, *, axis: int) -> Any:
    """A tuple, but for one slice that slice."""
    at = axis % x.ndim
    lead = (slice(None),) * at
    if x.shape[at] == 1:
        return x[(*lead, 0)]
    return tuple([x[(*lead, i)] for i in range(x.shape[at])])


def unstack_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: int) -> tuple[Any]:
    return (b.stack(*_filled(b, ct, y), axis=axis),)


def _filled(b: Emitter[Any], ct: Any, y: Any) -> list[Any]:
    pairs = zip(as_tuple(ct), as_tuple(y), strict=True)
    return [b.zeros_like(result) if part is None else part for part, result in pairs]


def infer_split(x: Type, *operands: Type, sizes: Shape, axis: int) -> tuple[Aval, ...]:
    """Shape rule of `split`: one result for each of `sizes`, which add up to the size of `axis`.

    A symbolic size has an operand, as in the `shape` of other ops.
    """
    aval = tensor(x, "split")
    check_sizes("split", sizes, operands)
    at = normalize_axis("split", axis, aval.ndim)
    total: Dim = 0
    for size in sizes:
        total = dim_add(total, size)
    whole = aval.shape[at]
    if any(isinstance(s, int) and s < 0 for s in sizes) or unify_dims(total, whole) is None:
        raise ShapeError(f"{quote('split', aval)}: sizes {format_shape(sizes)} do not add up to axis {at}, {whole}")
    return tuple(Aval(aval.dtype, (*aval.shape[:at], size, *aval.shape[at + 1 :])) for size in sizes)


def split_kernel(x: Any, *operands: Any, sizes: Shape, axis: int) -> Any:
    """A tuple, but for one part that part."""
    lengths = resolve_shape(sizes, operands)
    if sum(lengths) != x.shape[axis]:
        raise ValueError(f"`split`: sizes {lengths} do not add up to axis {axis}, {x.shape[axis]}")
    if len(lengths) == 1:
        return x
    lead = (slice(None),) * (axis % x.ndim)
    ends = itertools.accumulate(lengths)
    return tuple([x[(*lead, slice(end - size, end))] for size, end in zip(lengths, ends, strict=True)])


def split_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *operands: Any, sizes: Shape, axis: int) -> tuple[Any, ...]:
    return b.concat(*_filled(b, ct, y), axis=axis), *(None for _ in operands)


def split_effect(op: Op) -> Effect:
    """Symbolic sizes may not add up."""
    at = int(op.attrs["axis"]) % op.operands[0].ndim  # pyright: ignore[reportArgumentType]
    total: Dim = 0
    for v in op.results:
        total = dim_add(total, v.shape[at])
    return Effect.PURE if total == op.operands[0].shape[at] else Effect.CAN_FAIL


# Parts: along the axes that are not joined


def concat_parts(part: Part, y: Aval, *xs: Type, axis: int) -> Ways:
    return () if part == axis % y.ndim else ((part,) * len(xs),)


def stack_parts(part: Part, y: Aval, *xs: Type, axis: int) -> Ways:
    at = axis % y.ndim
    if not isinstance(part, int):
        return ((part,) * len(xs),)
    return () if part == at else ((part - (part > at),) * len(xs),)


def unstack_parts(part: Part, y: Aval, x: Aval, *, axis: int) -> Ways:
    return ((part + (part >= axis % x.ndim) if isinstance(part, int) else part,),)


def split_parts(part: Part, y: Aval, x: Aval, *operands: Type, sizes: Shape, axis: int) -> Ways:
    return () if part == axis % x.ndim else ((part, *(WHOLE for _ in operands)),)


# Lowering: loops that copy


def _check_alike(e: LoopEmitter, xs: Sequence[Any], but: int | None = None) -> None:
    first = e.sizes(xs[0])
    for x in xs[1:]:
        for axis, (n, wanted) in enumerate(zip(e.sizes(x), first, strict=True)):
            if axis != but:
                e.check(e.eq(n, wanted))


def concat_loops(e: LoopEmitter, *xs: Any, axis: int) -> Any:
    """One operand after the other."""
    at = axis % len(e.sizes(xs[0]))
    _check_alike(e, xs, but=at)
    total: Any = 0
    for x in xs:
        total = e.add(total, e.sizes(x)[at])
    shape = e.sizes(xs[0])
    y = e.buffer(e.dtype(xs[0]), (*shape[:at], total, *shape[at + 1 :]))
    start: Any = 0
    for x in xs:
        with each(e, e.sizes(x), parallel=True) as place:
            e.store(y, (*place[:at], e.add(place[at], start), *place[at + 1 :]), e.load(x, place))
        start = e.add(start, e.sizes(x)[at])
    return y


def stack_loops(e: LoopEmitter, *xs: Any, axis: int) -> Any:
    """Each operand at a place of its own along the new axis."""
    _check_alike(e, xs)
    shape = e.sizes(xs[0])
    at = axis % (len(shape) + 1)
    y = e.buffer(e.dtype(xs[0]), (*shape[:at], len(xs), *shape[at:]))
    for k, x in enumerate(xs):
        with each(e, shape, parallel=True) as place:
            e.store(y, (*place[:at], k, *place[at:]), e.load(x, place))
    return y


def unstack_loops(e: LoopEmitter, x: Any, *, axis: int) -> Any:
    shape = e.sizes(x)
    at = axis % len(shape)
    parts: list[Any] = []
    for k in range(shape[at]):
        part = e.buffer(e.dtype(x), (*shape[:at], *shape[at + 1 :]))
        with each(e, e.sizes(part), parallel=True) as place:
            e.store(part, place, e.load(x, (*place[:at], k, *place[at:])))
        parts.append(part)
    return tuple(parts)


def split_loops(e: LoopEmitter, x: Any, *operands: Any, sizes: Shape, axis: int) -> Any:
    """Checks that the sizes add up."""
    shape = e.sizes(x)
    at = axis % len(shape)
    rest = iter(operands)
    lengths = [n if isinstance(n, int) else e.convert(next(rest), int64) for n in sizes]
    total: Any = 0
    for n in lengths:
        e.check(e.ge(n, 0))
        total = e.add(total, n)
    e.check(e.eq(total, shape[at]))
    parts: list[Any] = []
    start: Any = 0
    for n in lengths:
        part = e.buffer(e.dtype(x), (*shape[:at], n, *shape[at + 1 :]))
        with each(e, e.sizes(part), parallel=True) as place:
            e.store(part, place, e.load(x, (*place[:at], e.add(place[at], start), *place[at + 1 :])))
        parts.append(part)
        start = e.add(start, n)
    return tuple(parts)


register(
    OpDef(
        "concat",
        infer=infer_concat,
        kernel=concat_kernel,
        vjp=concat_vjp,
        promote=common(),
        effect=join_effect,
        lower=Loops(concat_loops),
        parts=Parts(concat_parts),
        onnx=OnnxRule(concat_onnx),
    )
)
register(
    OpDef(
        "stack",
        infer=infer_stack,
        kernel=stack_kernel,
        vjp=stack_vjp,
        promote=common(),
        effect=join_effect,
        lower=Loops(stack_loops),
        parts=Parts(stack_parts),
        onnx=OnnxRule(stack_onnx),
    )
)
register(
    OpDef(
        "unstack",
        infer=infer_unstack,
        kernel=unstack_kernel,
        vjp=unstack_vjp,
        promote=None,
        aliases=True,
        lower=Loops(unstack_loops),
        parts=Parts(unstack_parts),
        onnx=OnnxRule(unstack_onnx),
    )
)
register(
    OpDef(
        "split",
        infer=infer_split,
        kernel=split_kernel,
        vjp=split_vjp,
        promote=None,
        effect=split_effect,
        aliases=True,
        lower=Loops(split_loops),
        parts=Parts(split_parts),
        onnx=OnnxRule(split_onnx),
    )
)
