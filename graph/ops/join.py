"""Joining tensors along an axis, and taking them apart."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Shape, Type, dim_add, format_shape
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ops.cotangent_rules import as_tuple
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


register(
    OpDef("concat", infer=infer_concat, kernel=concat_kernel, vjp=concat_vjp, promote=common(), effect=join_effect)
)
register(OpDef("stack", infer=infer_stack, kernel=stack_kernel, vjp=stack_vjp, promote=common(), effect=join_effect))
register(OpDef("unstack", infer=infer_unstack, kernel=unstack_kernel, vjp=unstack_vjp, promote=None, aliases=True))
register(
    OpDef(
        "split",
        infer=infer_split,
        kernel=split_kernel,
        vjp=split_vjp,
        promote=None,
        effect=split_effect,
        aliases=True,
    )
)
