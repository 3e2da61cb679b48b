"""Indexing as NumPy has it: reading, replacing and adding to what an index names. See `index_rules` for `index`.

Where an index array names an element twice, `index_set` keeps the last value written, and `index_add` adds both.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from graph.aval import Aval, Dim, Shape, Type, format_shape
from graph.dtypes import DType, int64, is_integer
from graph.errors import DTypeError, IndexRangeError, ShapeError
from graph.ir.emitter import Accumulate, Emitter
from graph.ir.lowering import Choose, Gather, Loops
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, Operand, register
from graph.ir.parts import WHOLE, Part, Parts, Ways, broadcast_part
from graph.ops.cotangent_rules import places
from graph.ops.index_lowering import (
    add_by_mask,
    add_elements,
    lower_index,
    lower_update,
    set_by_mask,
    set_elements,
    take_along_axis_element,
    take_along_axis_sizes,
    take_element,
    take_sizes,
)
from graph.ops.index_rules import DYNAMIC, Index, indexed, resolve_index, untouched_axes
from graph.ops.indexing_onnx import index_onnx, nonzero_onnx, take_along_axis_onnx, take_onnx, update_onnx
from graph.ops.places import nonzero_places
from graph.ops.promotion import common
from graph.ops.shape_rules import UNKNOWN_DIM, broadcast_shapes, normalize_axis, quote, tensor

# index


def infer_index(x: Type, *dynamic: Type, index: Index) -> Aval:
    """Shape rule of `index`: `x[index]`. Sizes that depend on values are unknown. Raises: see `index_rules.indexed`."""
    aval = tensor(x, "index")
    return Aval(aval.dtype, indexed("index", aval, dynamic, index).shape)


def index_kernel(x: Any, *dynamic: Any, index: Index) -> Any:
    return x[resolve_index(index, dynamic)][()]


def index_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *dynamic: Any, index: Index) -> tuple[Any, ...]:
    def into(acc: Any) -> Any:
        return b.index_add(acc, ct, *dynamic, index=index)

    return Accumulate(into), *(None for _ in dynamic)


def index_effect(op: Op) -> Effect:
    """Integers and masks that only the run time knows may be out of range."""
    x, *dynamic = (v.type for v in op.operands)
    found = indexed(op.name, cast(Aval, x), dynamic, cast(Index, op.attrs["index"]))
    return Effect.CAN_FAIL if found.can_fail else Effect.PURE


def index_parts(part: Part, y: Aval, x: Aval, *dynamic: Type, index: Index) -> Ways:
    """Along axes that are taken whole."""
    own = next((a for a, at in untouched_axes(x, dynamic, index).items() if at == part), None)
    return () if own is None else ((own, *(WHOLE for _ in dynamic)),)


# index_set, index_add


def promote_update(operands: Sequence[Operand]) -> tuple[DType, ...]:
    """The new value gets the dtype of the tensor that it is put into."""
    kept = list(common(last=1)(operands))
    if kept[1].kind == "c" and kept[0].kind != "c":
        raise TypeError(f"complex values do not fit into {kept[0]}; take `real` first")
    kept[1] = kept[0]
    return tuple(kept)


def infer_update(name: str) -> Callable[..., Aval]:
    """Shape rule of `index_set` and `index_add`: the type of `x`. `v`, of the same dtype, broadcasts to `x[index]`.

    Written values may have leading axes of size 1 too many, as in NumPy; added ones may not.
    """

    def infer(x: Type, v: Type, *dynamic: Type, index: Index) -> Aval:
        aval, value = tensor(x, name), tensor(v, name)
        target = indexed(name, aval, dynamic, index).shape
        if value.dtype != aval.dtype:
            raise DTypeError(f"{quote(name, aval, value)}: dtypes must agree", next_step="cast one with `astype`.")
        if not _fits(value.shape, target) or (name == "index_add" and value.ndim > len(target)):
            raise ShapeError(
                f"{quote(name, aval, value)}: a value of shape {format_shape(value.shape)} does not broadcast "
                f"to the {format_shape(target)} that the index names"
            )
        return aval

    return infer


def _fits(value: Shape, target: Shape) -> bool:
    lead = max(len(value) - len(target), 0)
    if any(isinstance(d, int) and d != 1 for d in value[:lead]):
        return False
    rest = value[lead:]
    matched = zip(rest, target[len(target) - len(rest) :], strict=True)
    return all(not (isinstance(d, int) and isinstance(t, int)) or d in (1, t) for d, t in matched)


def update_effect(op: Op) -> Effect:
    """As `index`; and a value of symbolic size may not fit."""
    x, v, *dynamic = (operand.type for operand in op.operands)
    found = indexed(op.name, cast(Aval, x), dynamic, cast(Index, op.attrs["index"]))
    value = cast(Aval, v).shape
    lead = max(len(value) - len(found.shape), 0)
    rest = value[lead:]
    pairs = zip(rest, found.shape[len(found.shape) - len(rest) :], strict=True)
    fits = all(d == 1 for d in value[:lead]) and all(d in (1, t) for d, t in pairs)
    return Effect.CAN_FAIL if found.can_fail or not fits else Effect.PURE


def update_parts(part: Part, y: Aval, x: Aval, v: Aval, *dynamic: Type, index: Index) -> Ways:
    """Along axes that are changed whole."""
    if not isinstance(part, int) or part not in (taken := untouched_axes(x, dynamic, index)):
        return ()
    target = Aval(x.dtype, indexed("index_set", x, dynamic, index).shape)
    return ((part, broadcast_part(taken[part], target, v), *(WHOLE for _ in dynamic)),)


def index_set_inplace(x: Any, v: Any, *dynamic: Any, index: Index) -> Any:
    x[resolve_index(index, dynamic)] = v
    return x


def index_set_kernel(x: Any, v: Any, *dynamic: Any, index: Index) -> Any:
    return index_set_inplace(np.array(x), v, *dynamic, index=index)[()]


def _to_value(b: Emitter[Any], ct: Any, v: Any) -> Any:
    """The cotangent of a value that was broadcast to `x[index]`; leading axes of size 1 may have been dropped."""
    if v.ndim > ct.ndim:
        ct = b.reshape(ct, ((1,) * (v.ndim - ct.ndim)) + tuple(b.shape_of(ct)))
    return b.unbroadcast(ct, v)


def index_set_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, v: Any, *dynamic: Any, index: Index) -> tuple[Any, ...]:
    """What was replaced gets nothing; of values written to one element, only the last gets its cotangent."""
    by_x = b.index_set(ct, 0, *dynamic, index=index) if b.wants(x) else None
    by_v = None
    if b.wants(v):
        taken = b.index(ct, *dynamic, index=index)
        if _may_repeat(dynamic):
            writers = _numbers_of(b, taken)
            last = b.index_set(b.full(b.shape_of(x), 0, int64), writers, *dynamic, index=index)
            taken = b.where(b.eq(b.index(last, *dynamic, index=index), writers), taken, 0)
        by_v = _to_value(b, taken, v)
    return by_x, by_v, *(None for _ in dynamic)


def _may_repeat(dynamic: tuple[Any, ...]) -> bool:
    return any(d.ndim and is_integer(d.dtype) for d in dynamic)


def _numbers_of(b: Emitter[Any], x: Any) -> Any:
    """0, 1, 2, ... in the shape of `x`."""
    sizes = b.shape_of(x)
    return b.reshape(places(b, functools.reduce(_product(b), sizes, 1)), sizes)


def _product(b: Emitter[Any]) -> Callable[[Any, Any], Any]:
    def multiply(a: Any, c: Any) -> Any:
        return a * c if isinstance(a, int) and isinstance(c, int) else b.mul(a, c)

    return multiply


def _is_integer_array(x: Any) -> bool:
    return x.ndim > 0 and x.dtype.kind in "iu"


def index_add_inplace(acc: Any, v: Any, *dynamic: Any, index: Index) -> Any:
    key = resolve_index(index, dynamic)
    v = np.asarray(v, acc.dtype)
    if any(isinstance(d, np.ndarray) and _is_integer_array(d) for d in dynamic):
        np.add.at(acc, key, v)
    else:
        acc[key] += v
    return acc


def index_add_kernel(acc: Any, v: Any, *dynamic: Any, index: Index) -> Any:
    return index_add_inplace(np.array(acc), v, *dynamic, index=index)[()]


def index_add_vjp(b: Emitter[Any], ct: Any, y: Any, acc: Any, v: Any, *dynamic: Any, index: Index) -> tuple[Any, ...]:
    by_v = _to_value(b, b.index(ct, *dynamic, index=index), v) if b.wants(v) else None
    return ct, by_v, *(None for _ in dynamic)


# take, take_along_axis, nonzero


def infer_take(x: Type, indices: Type, *, axis: int) -> Aval:
    """Shape rule of `take`: the shape of `indices` in the place of `axis`."""
    aval, at = tensor(x, "take"), tensor(indices, "take")
    axis = normalize_axis("take", axis, aval.ndim)
    _check_indices("take", aval, at)
    if aval.shape[axis] == 0 and at.shape and 0 not in at.shape:
        raise IndexRangeError(f"{quote('take', aval, at)}: nothing can be taken from the empty axis {axis}")
    return Aval(aval.dtype, aval.shape[:axis] + at.shape + aval.shape[axis + 1 :])


def _check_indices(op: str, x: Aval, indices: Aval) -> None:
    if not is_integer(indices.dtype):
        raise DTypeError(f"{quote(op, x, indices)}: indices must be integers")


def take_kernel(x: Any, indices: Any, *, axis: int) -> Any:
    return x.take(indices, axis)


def take_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, indices: Any, *, axis: int) -> tuple[Any, None]:
    index = (*((slice(None),) * (axis % x.ndim)), DYNAMIC)

    def into(acc: Any) -> Any:
        return b.index_add(acc, ct, indices, index=index)

    return Accumulate(into), None


def infer_take_along_axis(x: Type, indices: Type, *, axis: int) -> Aval:
    """Shape rule of `take_along_axis`: both have as many axes; along all but `axis` they broadcast.

    Source: NumPy take_along_axis.
    """
    aval, at = tensor(x, "take_along_axis"), tensor(indices, "take_along_axis")
    _check_indices("take_along_axis", aval, at)
    axis = normalize_axis("take_along_axis", axis, aval.ndim)
    if aval.ndim != at.ndim:
        raise ShapeError(f"{quote('take_along_axis', aval, at)}: both must have as many axes")
    others: list[Dim] = [1 if i == axis else d for i, d in enumerate(aval.shape)]
    shape = broadcast_shapes([tuple(others), at.shape], lambda: quote("take_along_axis", aval, at))
    return Aval(aval.dtype, shape)


def take_along_axis_kernel(x: Any, indices: Any, *, axis: int) -> Any:
    return np.take_along_axis(x, indices, axis)


def take_along_axis_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, indices: Any, *, axis: int) -> tuple[Any, None]:
    axis = axis % x.ndim
    sizes = b.shape_of(x)
    grid: list[Any] = []
    for i in range(x.ndim):
        if i == axis:
            grid.append(indices)
        else:
            around = tuple(k for k in range(x.ndim) if k != i)
            grid.append(b.expand_dims(places(b, sizes[i]), axis=around) if around else places(b, sizes[i]))

    def into(acc: Any) -> Any:
        return b.index_add(acc, ct, *grid, index=(DYNAMIC,) * x.ndim)

    return Accumulate(into), None


def infer_nonzero(x: Type) -> tuple[Aval, ...]:
    """Shape rule of `nonzero`: for each axis, the indices of the elements that are not zero."""
    aval = tensor(x, "nonzero")
    if aval.ndim == 0:
        raise ShapeError(f"{quote('nonzero', aval)}: a tensor of no axes has no indices")
    return (Aval(int64, (UNKNOWN_DIM,)),) * aval.ndim


def nonzero_kernel(x: Any) -> Any:
    """A tuple, but for one axis its indices."""
    found = x.nonzero()
    return found[0] if x.ndim == 1 else found


register(
    OpDef(
        "index",
        infer=infer_index,
        kernel=index_kernel,
        vjp=index_vjp,
        promote=None,
        effect=index_effect,
        aliases=True,
        lower=Choose(lower_index),
        parts=Parts(index_parts, fails_alike=True),
        onnx=OnnxRule(index_onnx),
    )
)
register(
    OpDef(
        "index_set",
        infer=infer_update("index_set"),
        kernel=index_set_kernel,
        vjp=index_set_vjp,
        promote=promote_update,
        effect=update_effect,
        inplace=index_set_inplace,
        lower=Choose(lower_update(set_elements, set_by_mask)),
        parts=Parts(update_parts, fails_alike=True),
        onnx=OnnxRule(update_onnx("none")),
    )
)
register(
    OpDef(
        "index_add",
        infer=infer_update("index_add"),
        kernel=index_add_kernel,
        vjp=index_add_vjp,
        promote=promote_update,
        effect=update_effect,
        inplace=index_add_inplace,
        lower=Choose(lower_update(add_elements, add_by_mask)),
        parts=Parts(update_parts, fails_alike=True),
        onnx=OnnxRule(update_onnx("add")),
    )
)
register(
    OpDef(
        "take",
        infer=infer_take,
        kernel=take_kernel,
        vjp=take_vjp,
        promote=None,
        effect=Effect.CAN_FAIL,
        lower=Gather(take_sizes, take_element),
        onnx=OnnxRule(take_onnx),
    )
)
register(
    OpDef(
        "take_along_axis",
        infer=infer_take_along_axis,
        kernel=take_along_axis_kernel,
        vjp=take_along_axis_vjp,
        promote=None,
        effect=Effect.CAN_FAIL,
        lower=Gather(take_along_axis_sizes, take_along_axis_element),
        onnx=OnnxRule(take_along_axis_onnx),
    )
)
register(
    OpDef(
        "nonzero",
        infer=infer_nonzero,
        kernel=nonzero_kernel,
        vjp=NotDifferentiable("indices are integers"),
        promote=None,
        lower=Loops(nonzero_places),
        onnx=OnnxRule(nonzero_onnx),
    )
)
