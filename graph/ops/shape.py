"""Ops that rearrange elements. Results may be views of the operand."""

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from graph.aval import Aval, Dim, Shape, SymDim, Type, dim_scale, format_shape
from graph.errors import ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Lowering, Reshape, View
from graph.ir.onnx_form import AS_LOWERED, OnnxForm, OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ir.parts import TERM, WHOLE, Part, Parts, Ways, broadcast_part
from graph.ops import shape_onnx as onnx
from graph.ops.shape_lowering import (
    broadcast_to_element,
    broadcast_to_sizes,
    expand_dims_sizes,
    flip_element,
    flip_sizes,
    repeat_element,
    repeat_sizes,
    reshape_sizes,
    roll_element,
    roll_sizes,
    squeeze_sizes,
    tile_element,
    tile_sizes,
    transpose_element,
    transpose_sizes,
)
from graph.ops.shape_rules import (
    UNKNOWN_DIM,
    check_sizes,
    normalize_axes,
    normalize_axis,
    quote,
    resolve_shape,
    tensor,
)

Monomial = tuple[int, tuple[SymDim, ...]]
"""A number of elements as a product: an int, and dims with no common factor, in order."""


# reshape


def monomial(shape: Shape) -> Monomial:
    """The number of elements of `shape`; products compare equal when they are the same forms."""
    known, forms = 1, list[SymDim]()
    for dim in shape:
        if isinstance(dim, int):
            known *= dim
            continue
        common = math.gcd(dim.constant, *(k for _, k in dim.terms))
        known *= common
        forms.append(SymDim(tuple((name, k // common) for name, k in dim.terms), dim.constant // common))
    return known, tuple(sorted(forms, key=str))


def rest_dim(x: Shape, shape: Shape) -> Dim | None:
    """The size that -1 stands for in `shape`; None when no size fits. Unknown where no linear form says it."""
    known, forms = monomial(x)
    other, taken = monomial(tuple(d for d in shape if d != -1))
    left = list(forms)
    for form in taken:
        if form not in left:
            return UNKNOWN_DIM
        left.remove(form)
    if other == 0 or known % other:
        return UNKNOWN_DIM if left and other else None
    if len(left) > 1:
        return UNKNOWN_DIM
    return dim_scale(left[0], known // other) if left else known // other


def infer_reshape(x: Type, *sizes: Type, shape: Shape) -> Aval:
    """Shape rule of `reshape`: as many elements in another shape; one dim may be -1, for what remains.

    Raises: ShapeError when the numbers of elements differ for certain; symbolic ones are compared at run time.
    """
    aval = tensor(x, "reshape")
    check_sizes("reshape", shape, sizes)
    if shape.count(-1) > 1:
        raise ShapeError(f"`reshape` to {format_shape(shape)}: only one size may be -1")
    if any(isinstance(d, int) and d < -1 for d in shape):
        raise ShapeError(f"`reshape` to {format_shape(shape)}: sizes must not be negative")
    if -1 in shape:
        rest = rest_dim(aval.shape, shape)
        if rest is None:
            raise _wrong_size(aval, shape)
        return Aval(aval.dtype, tuple(rest if d == -1 else d for d in shape))
    (known, forms), (other, others) = monomial(aval.shape), monomial(shape)
    if known != other and forms == others:
        raise _wrong_size(aval, shape)
    return Aval(aval.dtype, shape)


def _wrong_size(x: Aval, shape: Shape) -> ShapeError:
    return ShapeError(f"`reshape`: {x} does not have as many elements as the shape {format_shape(shape)}")


def reshape_kernel(x: Any, *sizes: Any, shape: Shape) -> Any:
    return x.reshape(resolve_shape(shape, sizes))[()]


def reshape_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *sizes: Any, shape: Shape) -> tuple[Any, ...]:
    return b.reshape(ct, b.shape_of(x)), *(None for _ in sizes)


def reshape_effect(op: Op) -> Effect:
    """Sizes that only the run time knows may not fit."""
    fits = monomial(op.operands[0].shape) == monomial(op.result.shape)
    return Effect.PURE if fits else Effect.CAN_FAIL


# transpose, broadcast_to, expand_dims, squeeze


def infer_transpose(x: Type, *, axes: tuple[int, ...]) -> Aval:
    """Shape rule of `transpose`: axis i of the result is axis `axes[i]` of the operand."""
    aval = tensor(x, "transpose")
    if sorted(a % aval.ndim if aval.ndim else a for a in axes) != list(range(aval.ndim)):
        raise ShapeError(f"{quote('transpose', aval)}: axes {axes} are not a permutation of its {aval.ndim} axes")
    return Aval(aval.dtype, tuple(aval.shape[a] for a in axes))


def transpose_kernel(x: Any, *, axes: tuple[int, ...]) -> Any:
    return x.transpose(axes)


def transpose_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axes: tuple[int, ...]) -> tuple[Any]:
    inverse = [0] * len(axes)
    for i, axis in enumerate(axes):
        inverse[axis] = i
    return (b.transpose(ct, axes=tuple(inverse)),)


def infer_broadcast_to(x: Type, *sizes: Type, shape: Shape) -> Aval:
    """Shape rule of `broadcast_to`: the shape attribute, to which the operand's must broadcast."""
    aval = tensor(x, "broadcast_to")
    check_sizes("broadcast_to", shape, sizes)
    lead = len(shape) - aval.ndim
    fits = lead >= 0 and all(
        d in (1, wanted) or not (isinstance(d, int) and isinstance(wanted, int))
        for d, wanted in zip(aval.shape, shape[lead:], strict=True)
    )
    if not fits:
        raise ShapeError(f"{quote('broadcast_to', aval)}: its shape does not broadcast to {format_shape(shape)}")
    return Aval(aval.dtype, shape)


SMALL = 4096


def broadcast_to_kernel(x: Any, *sizes: Any, shape: Shape) -> Any:
    """A copy where that is small, and faster made than a view."""
    target = resolve_shape(shape, sizes)
    if not target:
        return x[()]
    if math.prod(target) > SMALL:
        return np.broadcast_to(x, target)
    result = np.empty(target, x.dtype)
    result[...] = x
    return result


def broadcast_to_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *sizes: Any, shape: Shape) -> tuple[Any, ...]:
    return b.unbroadcast(ct, x), *(None for _ in sizes)


def broadcast_to_effect(op: Op) -> Effect:
    """A symbolic size may turn out to be neither 1 nor the one wanted."""
    x, y = op.operands[0].shape, op.result.shape
    fits = all(d in (1, wanted) for d, wanted in zip(x, y[len(y) - len(x) :], strict=True))
    return Effect.PURE if fits else Effect.CAN_FAIL


def infer_expand_dims(x: Type, *, axis: tuple[int, ...]) -> Aval:
    """Shape rule of `expand_dims`: size 1 at each of `axis`, which count in the result."""
    aval = tensor(x, "expand_dims")
    axes = normalize_axes("expand_dims", axis, aval.ndim + len(axis))
    shape = list(aval.shape)
    for a in axes:
        shape.insert(a, 1)
    return Aval(aval.dtype, tuple(shape))


def expand_dims_kernel(x: Any, *, axis: tuple[int, ...]) -> Any:
    if not axis:
        return x
    ndim = x.ndim + len(axis)
    shape = list(x.shape)
    for a in sorted([a % ndim for a in axis]):
        shape.insert(a, 1)
    return x.reshape(shape)


def expand_dims_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: tuple[int, ...]) -> tuple[Any]:
    return (b.squeeze(ct, axis=axis) if axis else ct,)


def infer_squeeze(x: Type, *, axis: int | tuple[int, ...]) -> Aval:
    """Shape rule of `squeeze`: the axes go; each must have size 1, at run time where that is symbolic."""
    aval = tensor(x, "squeeze")
    axes = normalize_axes("squeeze", axis, aval.ndim)
    for a in axes:
        if isinstance(aval.shape[a], int) and aval.shape[a] != 1:
            raise ShapeError(f"{quote('squeeze', aval)}: axis {a} has size {aval.shape[a]}, not 1")
    return Aval(aval.dtype, tuple(d for i, d in enumerate(aval.shape) if i not in axes))


def squeeze_kernel(x: Any, *, axis: int | tuple[int, ...]) -> Any:
    return x.squeeze(axis)[()]


def squeeze_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: int | tuple[int, ...]) -> tuple[Any]:
    return (b.reshape(ct, b.shape_of(x)),)


def squeeze_effect(op: Op) -> Effect:
    shape = op.operands[0].shape
    axes = normalize_axes("squeeze", cast("int | tuple[int, ...]", op.attrs["axis"]), len(shape))
    return Effect.PURE if all(shape[a] == 1 for a in axes) else Effect.CAN_FAIL


# flip, roll


def infer_flip(x: Type, *, axis: int | tuple[int, ...] | None) -> Aval:
    """Shape rule of `flip`: the operand's type; `axis` None flips all axes."""
    aval = tensor(x, "flip")
    normalize_axes("flip", axis, aval.ndim)
    return aval


def flip_kernel(x: Any, *, axis: int | tuple[int, ...] | None) -> Any:
    if axis is None:
        axis = tuple(range(x.ndim))
    index = [slice(None)] * x.ndim
    for a in (axis,) if isinstance(axis, int) else axis:
        index[a] = slice(None, None, -1)
    return x[tuple(index)]


def flip_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: int | tuple[int, ...] | None) -> tuple[Any]:
    return (b.flip(ct, axis=axis),)


def infer_roll(x: Type, *, shift: int | tuple[int, ...], axis: int | tuple[int, ...]) -> Aval:
    """Shape rule of `roll`: the operand's type. Each axis has its shift, or all have one."""
    aval = tensor(x, "roll")
    normalize_axes("roll", axis, aval.ndim)
    if isinstance(shift, tuple) and (isinstance(axis, int) or len(shift) != len(axis)):
        raise ShapeError(f"`roll`: shifts {shift} do not match axes {axis}")
    return aval


def roll_kernel(x: Any, *, shift: int | tuple[int, ...], axis: int | tuple[int, ...]) -> Any:
    return np.roll(x, shift, axis)[()]


def roll_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, *, shift: int | tuple[int, ...], axis: int | tuple[int, ...]
) -> tuple[Any]:
    back = -shift if isinstance(shift, int) else tuple(-s for s in shift)
    return (b.roll(ct, shift=back, axis=axis),)


# tile, repeat


def infer_tile(x: Type, *, repeats: tuple[int, ...]) -> Aval:
    """Shape rule of `tile`: the whole operand again, `repeats` times along each axis. Source: NumPy tile."""
    aval = tensor(x, "tile")
    if any(r < 0 for r in repeats):
        raise ShapeError(f"`tile`: repeats {repeats} must not be negative")
    ndim = max(aval.ndim, len(repeats))
    shape = (1,) * (ndim - aval.ndim) + aval.shape
    times = (1,) * (ndim - len(repeats)) + repeats
    return Aval(aval.dtype, tuple(dim_scale(d, r) for d, r in zip(shape, times, strict=True)))


def tile_kernel(x: Any, *, repeats: tuple[int, ...]) -> Any:
    return np.tile(x, repeats)[()]


def tile_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, repeats: tuple[int, ...]) -> tuple[Any]:
    lead = max(len(repeats) - x.ndim, 0)
    times = (1,) * (x.ndim - len(repeats)) + repeats
    sizes = (*((1,) * lead), *b.shape_of(x))
    parts = b.reshape(ct, [s for pair in zip(times, sizes, strict=True) for s in pair])
    drop = tuple(range(2 * lead)) + tuple(2 * i for i in range(lead, lead + x.ndim))
    return (b.sum(parts, axis=drop, keepdims=False),)


def infer_repeat(x: Type, *, repeats: int, axis: int) -> Aval:
    """Shape rule of `repeat`: each element along `axis` comes `repeats` times, one after the other."""
    aval = tensor(x, "repeat")
    if repeats < 0:
        raise ShapeError(f"`repeat`: {repeats} repeats; the number must not be negative")
    at = normalize_axis("repeat", axis, aval.ndim)
    return Aval(aval.dtype, tuple(dim_scale(d, repeats) if i == at else d for i, d in enumerate(aval.shape)))


def repeat_kernel(x: Any, *, repeats: int, axis: int) -> Any:
    return x.repeat(repeats, axis)


def repeat_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, repeats: int, axis: int) -> tuple[Any]:
    at = normalize_axis("repeat", axis, x.ndim)
    sizes = b.shape_of(x)
    parts = b.reshape(ct, (*sizes[: at + 1], repeats, *sizes[at + 1 :]))
    return (b.sum(parts, axis=at + 1, keepdims=False),)


Axes = int | tuple[int, ...] | None


# Parts: the axis of the operand that an axis of the result is


def reshape_parts(part: Part, y: Aval, x: Aval, *sizes: Type, shape: Shape) -> Ways:
    """An axis of as many elements with as many before it."""
    whole = (WHOLE,) * len(sizes)
    if not isinstance(part, int):
        return ((part, *whole),)
    before, size = monomial(y.shape[:part]), y.shape[part]
    own = (i for i, dim in enumerate(x.shape) if dim == size and monomial(x.shape[:i]) == before)
    return tuple((i, *whole) for i in own)


def transpose_parts(part: Part, y: Aval, x: Aval, *, axes: tuple[int, ...]) -> Ways:
    return ((axes[part] % x.ndim if isinstance(part, int) else part,),)


def broadcast_to_parts(part: Part, y: Aval, x: Aval, *sizes: Type, shape: Shape) -> Ways:
    own = broadcast_part(part, y, x) if isinstance(part, int) else part
    return ((own, *(WHOLE for _ in sizes)),)


def expand_dims_parts(part: Part, y: Aval, x: Aval, *, axis: tuple[int, ...]) -> Ways:
    kept = [i for i in range(y.ndim) if i not in normalize_axes("expand_dims", axis, y.ndim)]
    if not isinstance(part, int):
        return ((part,),)
    return ((kept.index(part),),) if part in kept else ()


def squeeze_parts(part: Part, y: Aval, x: Aval, *, axis: Axes) -> Ways:
    axes = normalize_axes("squeeze", axis, x.ndim)
    return (([i for i in range(x.ndim) if i not in axes][part] if isinstance(part, int) else part,),)


def other_axes_parts(part: Part, y: Aval, x: Aval, *, axis: Axes, **attrs: Any) -> Ways:
    """Axes that the op does not move stay what they are."""
    return ((part,),) if part is TERM or part not in normalize_axes("flip", axis, x.ndim) else ()


def _view(
    name: str,
    infer: Any,
    kernel: Any,
    vjp: Any,
    lower: Lowering,
    parts: Any,
    effect: Any = Effect.PURE,
    *,
    onnx: Callable[..., Any],
) -> None:
    register(
        OpDef(
            name,
            infer=infer,
            kernel=kernel,
            vjp=vjp,
            promote=None,
            effect=effect,
            aliases=True,
            lower=lower,
            parts=Parts(parts),
            onnx=OnnxRule(onnx),
        )
    )


def _copy(
    name: str,
    infer: Any,
    kernel: Any,
    vjp: Any,
    lower: Lowering,
    parts: Parts | None = None,
    onnx: OnnxForm = AS_LOWERED,
) -> None:
    register(OpDef(name, infer=infer, kernel=kernel, vjp=vjp, promote=None, lower=lower, parts=parts, onnx=onnx))


_BROADCAST = View(broadcast_to_sizes, broadcast_to_element)
_TRANSPOSE = View(transpose_sizes, transpose_element)
_FLIP, _TILE = View(flip_sizes, flip_element), View(tile_sizes, tile_element)
_RESHAPE, _EXPAND, _SQUEEZE = (Reshape(sizes) for sizes in (reshape_sizes, expand_dims_sizes, squeeze_sizes))
_view(
    "reshape",
    infer_reshape,
    reshape_kernel,
    reshape_vjp,
    _RESHAPE,
    reshape_parts,
    reshape_effect,
    onnx=onnx.reshape_onnx,
)
_view(
    "transpose",
    infer_transpose,
    transpose_kernel,
    transpose_vjp,
    _TRANSPOSE,
    transpose_parts,
    onnx=onnx.transpose_onnx,
)
_view(
    "broadcast_to",
    infer_broadcast_to,
    broadcast_to_kernel,
    broadcast_to_vjp,
    _BROADCAST,
    broadcast_to_parts,
    broadcast_to_effect,
    onnx=onnx.broadcast_to_onnx,
)
_view(
    "expand_dims",
    infer_expand_dims,
    expand_dims_kernel,
    expand_dims_vjp,
    _EXPAND,
    expand_dims_parts,
    onnx=onnx.expand_dims_onnx,
)
_view(
    "squeeze",
    infer_squeeze,
    squeeze_kernel,
    squeeze_vjp,
    _SQUEEZE,
    squeeze_parts,
    squeeze_effect,
    onnx=onnx.squeeze_onnx,
)
_view("flip", infer_flip, flip_kernel, flip_vjp, _FLIP, other_axes_parts, onnx=onnx.flip_onnx)
_copy("roll", infer_roll, roll_kernel, roll_vjp, View(roll_sizes, roll_element), Parts(other_axes_parts))
_copy("tile", infer_tile, tile_kernel, tile_vjp, _TILE, onnx=OnnxRule(onnx.tile_onnx))
_copy("repeat", infer_repeat, repeat_kernel, repeat_vjp, View(repeat_sizes, repeat_element), Parts(other_axes_parts))
