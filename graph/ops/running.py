"""Running sums and products along an axis; dtypes as those of `sum`."""

from typing import Any

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import DType, int64, uint64
from graph.ir.emitter import Emitter
from graph.ir.lowering import LoopEmitter, Loops
from graph.ir.onnx_form import OnnxRule
from graph.ir.opdef import OpDef, register
from graph.ops.cotangent_rules import conj, places
from graph.ops.places import each
from graph.ops.running_onnx import cumprod_onnx, cumsum_onnx
from graph.ops.shape_rules import normalize_axis, tensor


def sum_dtype(x: Aval) -> DType:
    """Bools and integers narrower than 64 bits are summed in 64 bits."""
    if x.dtype.kind in "bi":
        return int64
    return uint64 if x.dtype.kind == "u" else x.dtype


def infer_running(name: str) -> Any:
    """Shape rule: the operand's shape, `sum`'s dtype."""

    def infer(x: Type, *, axis: int) -> Aval:
        aval = tensor(x, name)
        normalize_axis(name, axis, aval.ndim)
        return Aval(sum_dtype(aval), aval.shape)

    return infer


def cumsum_kernel(x: Any, *, axis: int) -> Any:
    return np.add.accumulate(x, axis=axis)


def cumsum_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: int) -> tuple[Any]:
    return (b.flip(b.cumsum(b.flip(ct, axis=axis), axis=axis), axis=axis),)


def cumprod_kernel(x: Any, *, axis: int) -> Any:
    return np.multiply.accumulate(x, axis=axis)


def products_before(b: Emitter[Any], x: Any) -> Any:
    """Along the last axis: at each place, the product of the elements before it."""
    widths = ((0, 0),) * (x.ndim - 1) + ((1, 0),)
    running = b.cumprod(b.pad(x, widths=widths, mode="constant", value=1), axis=x.ndim - 1)
    return b.index(running, index=("...", slice(None, -1, None)))


def _swapped_with_last(b: Emitter[Any], x: Any, axis: int) -> Any:
    last = x.ndim - 1
    if axis == last:
        return x
    axes = list(range(x.ndim))
    axes[axis], axes[last] = last, axis
    return b.transpose(x, axes=tuple(axes))


def cumprod_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: int) -> tuple[Any]:
    """Element i's share is (product before i) * (sum over k >= i of ct[k] * x[i+1] * ... * x[k]).

    All n * n partial products are made, as nothing may be divided: right where elements are zero.
    """
    axis = axis % x.ndim
    last = x.ndim - 1
    rows, cts = _swapped_with_last(b, x, axis), _swapped_with_last(b, ct, axis)
    order = places(b, b.shape_of(rows)[last])
    column, row = b.expand_dims(order, axis=(0,)), b.expand_dims(order, axis=(1,))
    factors = b.where(b.gt(column, row), b.expand_dims(rows, axis=(last,)), 1)
    partial = b.where(b.ge(column, row), b.cumprod(factors, axis=last + 1), 0)
    tails = b.sum(b.mul(conj(b, partial), b.expand_dims(cts, axis=(last,))), axis=last + 1, keepdims=False)
    return (_swapped_with_last(b, b.mul(conj(b, products_before(b, rows)), tails), axis),)


def running(step: str) -> Any:
    """Along the axis one after the other; the axes behind it are the innermost loop, as they lie together."""

    def loops(e: LoopEmitter, x: Any, *, axis: int) -> Any:
        shape = e.sizes(x)
        at = axis % len(shape)
        dtype = sum_dtype(Aval(e.dtype(x), ()))
        y = e.buffer(dtype, shape)
        with each(e, shape[:at]) as lead:
            with each(e, shape[at + 1 :], parallel=True) as rest, first_of(e, shape[at]):
                e.store(y, (*lead, 0, *rest), e.convert(e.load(x, (*lead, 0, *rest)), dtype))
            with e.loop(e.select(e.gt(shape[at], 0), e.sub(shape[at], 1), 0)) as i:
                following = e.add(i, 1)
                with each(e, shape[at + 1 :], parallel=True) as rest:
                    element = e.convert(e.load(x, (*lead, following, *rest)), dtype)
                    total = getattr(e, step)(e.load(y, (*lead, i, *rest)), element)
                    e.store(y, (*lead, following, *rest), total)
        return y

    return loops


def first_of(e: LoopEmitter, n: Any) -> Any:
    """What is done where there is something."""
    return e.when(e.gt(n, 0))


register(
    OpDef(
        "cumsum",
        infer=infer_running("cumsum"),
        kernel=cumsum_kernel,
        vjp=cumsum_vjp,
        promote=None,
        lower=Loops(running("add")),
        onnx=OnnxRule(cumsum_onnx, takes_types=True),
    )
)
register(
    OpDef(
        "cumprod",
        infer=infer_running("cumprod"),
        kernel=cumprod_kernel,
        vjp=cumprod_vjp,
        promote=None,
        lower=Loops(running("mul")),
        onnx=OnnxRule(cumprod_onnx, takes_types=True),
    )
)
