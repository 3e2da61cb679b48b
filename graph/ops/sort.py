"""Order: `sort`, `argsort`, `topk`, `searchsorted`, and the distinct values of a tensor.

NaN counts as larger than every number. All orders are stable: equal elements keep theirs, also when descending.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval, Dim, Type
from graph.dtypes import int64, is_complex
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Loops
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, Promote, register
from graph.ops import sort_lowering as lowering
from graph.ops import sort_onnx as onnx
from graph.ops.indexing import take_along_axis_vjp
from graph.ops.promotion import common
from graph.ops.shape_rules import UNKNOWN_DIM, check_sizes, normalize_axis, quote, resolve_shape, tensor

POSITIONS: Final = NotDifferentiable("positions are integers")


def ordered(op: str, x: Type, axis: int) -> tuple[Aval, int]:
    """`x` of a dtype that has an order, and its axis counted from 0."""
    aval = tensor(x, op)
    if is_complex(aval.dtype):
        raise DTypeError(f"{quote(op, aval)}: complex numbers have no order")
    return aval, normalize_axis(op, axis, aval.ndim)


def infer_sort(x: Type, *, axis: int, descending: bool) -> Aval:
    """Shape rule of `sort`: the operand's type. Source: array API sort."""
    return ordered("sort", x, axis)[0]


def sort_kernel(x: Any, *, axis: int, descending: bool) -> Any:
    rising = np.sort(comparable(x), axis, kind="stable").astype(x.dtype, copy=False)
    return np.flip(rising, axis) if descending else rising


def comparable(x: Any) -> Any:
    """`x` itself; bfloat16, where NumPy finds no place for NaN, as float32."""
    return x.astype(np.float32) if x.dtype.kind == "V" else x


def sort_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: int, descending: bool) -> tuple[Any]:
    """The cotangent in the order that the elements had: gathered by the inverse of the permutation."""
    order = b.argsort(x, axis=axis, descending=descending)
    return (b.take_along_axis(ct, b.argsort(order, axis=axis, descending=False), axis=axis),)


def infer_argsort(x: Type, *, axis: int, descending: bool) -> Aval:
    """Shape rule of `argsort`: i64 of the operand's shape. Source: array API argsort."""
    return Aval(int64, ordered("argsort", x, axis)[0].shape)


def argsort_kernel(x: Any, *, axis: int, descending: bool) -> Any:
    x = comparable(x)
    if not descending:
        return np.argsort(x, axis, kind="stable")
    order = np.argsort(np.flip(x, axis), axis, kind="stable")  # flipped twice, so that equal elements keep their order
    return x.shape[axis] - 1 - np.flip(order, axis)


def infer_topk(x: Type, *sizes: Type, shape: tuple[Dim], axis: int, largest: bool) -> tuple[Aval, Aval]:
    """Shape rule of `topk(x, *sizes) -> values, indices`: the first k in falling (or rising) order along `axis`, i64.

    `shape` is (k,). Raises: ShapeError where the axis is shorter than k. Source: PyTorch topk; ONNX TopK-11.
    """
    aval, at = ordered("topk", x, axis)
    check_sizes("topk", shape, sizes)
    (k,), size = shape, aval.shape[at]
    if isinstance(k, int) and (k < 0 or (isinstance(size, int) and k > size)):
        raise ShapeError(f"{quote('topk', aval)}: axis {at} has {size} elements, {k} are asked for")
    found = (*aval.shape[:at], k, *aval.shape[at + 1 :])
    return Aval(aval.dtype, found), Aval(int64, found)


def topk_kernel(x: Any, *sizes: Any, shape: tuple[Dim], axis: int, largest: bool) -> tuple[Any, Any]:
    (k,) = resolve_shape(shape, sizes)
    if not 0 <= k <= x.shape[axis]:
        raise ValueError(f"topk: axis {axis} has {x.shape[axis]} elements, {k} are asked for")
    first = (slice(None),) * (axis % x.ndim) + (slice(k),)
    indices = argsort_kernel(x, axis=axis, descending=largest)[first]
    return np.take_along_axis(x, indices, axis), indices


def topk_vjp(
    b: Emitter[Any], cts: Any, results: Any, x: Any, *sizes: Any, shape: tuple[Dim], axis: int, largest: bool
) -> tuple[Any, ...]:
    if cts[0] is None:
        return (None,) * (1 + len(sizes))
    return take_along_axis_vjp(b, cts[0], results[0], x, results[1], axis=axis)[0], *(None for _ in sizes)


def topk_effect(op: Op) -> Effect:
    """CAN_FAIL where it is not known that the axis is long enough."""
    x, found = op.operands[0].shape, op.results[0].shape
    fits = all(p == q or (isinstance(p, int) and isinstance(q, int)) for p, q in zip(x, found, strict=True))
    return Effect.PURE if fits else Effect.CAN_FAIL


def infer_searchsorted(sorted_values: Type, x: Type, *, side: str) -> Aval:
    """Shape rule of `searchsorted`: rising values (n,), x of any shape -> i64 of that shape.

    Where each element of `x` would be inserted to keep the order: before equal ones for side "left", after them for
    "right". Dtypes: equal. Source: array API searchsorted.
    """
    values, aval = ordered("searchsorted", sorted_values, 0)[0], tensor(x, "searchsorted")
    if values.ndim != 1:
        raise ShapeError(f"{quote('searchsorted', values, aval)}: the sorted values must be a vector")
    if values.dtype != aval.dtype:
        raise DTypeError(f"{quote('searchsorted', values, aval)}: dtypes must agree", next_step="cast with `astype`.")
    if side not in ("left", "right"):
        raise ShapeError(f'`searchsorted`: the side is "left" or "right", not {side!r}')
    return Aval(int64, aval.shape)


def searchsorted_kernel(sorted_values: Any, x: Any, *, side: str) -> Any:
    return cast(Any, np.searchsorted(comparable(sorted_values), comparable(x), "right" if side == "right" else "left"))


def infer_unique_values(x: Type) -> Aval:
    """Shape rule of `unique_values`: the distinct elements, rising, (u,). NaNs are distinct. Source: array API."""
    return Aval(tensor(x, "unique_values").dtype, (UNKNOWN_DIM,))


def unique_values_kernel(x: Any) -> Any:
    return np.unique(comparable(x), equal_nan=False).astype(x.dtype, copy=False)


def infer_unique_all(x: Type) -> tuple[Aval, ...]:
    """Shape rule of `unique_all -> values, indices, inverse, counts`: the distinct elements, rising, (u,); where each
    first stands among the row-major elements, i64 (u,); which of them each element is, i64 of the operand's shape; how
    often each occurs, i64 (u,). NaNs are distinct. Source: array API unique_all."""
    aval = tensor(x, "unique_all")
    found = Aval(int64, (UNKNOWN_DIM,))
    return Aval(aval.dtype, (UNKNOWN_DIM,)), found, Aval(int64, aval.shape), found


def unique_all_kernel(x: Any) -> tuple[Any, ...]:
    values, indices, inverse, counts = np.unique(
        comparable(x), return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    return values.astype(x.dtype, copy=False), indices, inverse.reshape(x.shape)[()], counts


DISTINCT: Final = NotDifferentiable("which elements are distinct jumps as they move")


def _order_op(
    name: str,
    infer: Any,
    kernel: Any,
    vjp: Any,
    lower: Any,
    onnx: Any,
    promote: Promote | None = None,
    effect: Effect | Callable[[Op], Effect] = Effect.PURE,
) -> None:
    register(
        OpDef(
            name,
            infer=infer,
            kernel=kernel,
            vjp=vjp,
            promote=promote,
            effect=effect,
            lower=Loops(lower),
            onnx=OnnxRule(onnx),
        )
    )


_order_op("sort", infer_sort, sort_kernel, sort_vjp, lowering.sort, onnx.sort_onnx)
_order_op("argsort", infer_argsort, argsort_kernel, POSITIONS, lowering.argsort, onnx.argsort_onnx)
_order_op("topk", infer_topk, topk_kernel, topk_vjp, lowering.topk, onnx.topk_onnx, effect=topk_effect)
_order_op(
    "searchsorted",
    infer_searchsorted,
    searchsorted_kernel,
    POSITIONS,
    lowering.searchsorted,
    onnx.searchsorted_onnx,
    common(),
)
_order_op(
    "unique_values",
    infer_unique_values,
    unique_values_kernel,
    DISTINCT,
    lowering.unique_values,
    onnx.unique_values_onnx,
)
_order_op("unique_all", infer_unique_all, unique_all_kernel, DISTINCT, lowering.unique_all, onnx.unique_all_onnx)
