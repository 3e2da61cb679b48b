"""Reductions over axes.

Attributes `axis` (None for all, an int, or a tuple) and `keepdims` as in NumPy; dtypes too: sums and products of small
integers and of bools are 64 bits wide. What has no value for no elements (`max`, `argmax`) raises for them.
Where several elements are the maximum, they share its cotangent evenly.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import DType, bool_, float32, float64, int64, is_complex, is_float, real_of
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Callback, Choose, Decomposed, Lowering
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, register
from graph.ir.parts import Parts, summed
from graph.ops.compare import DISCRETE
from graph.ops.cotangent_rules import conj, count
from graph.ops.promotion import to_float
from graph.ops.reduce_lowering import (
    ALL,
    ANY,
    ARGMAX,
    ARGMIN,
    COUNT,
    MAX,
    MAX_OR_LOWEST,
    MIN,
    PROD,
    SUM,
    lower_sum_to,
)
from graph.ops.reduce_onnx import (
    all_onnx,
    any_onnx,
    count_onnx,
    extreme_onnx,
    place_onnx,
    prod_onnx,
    sum_onnx,
    sum_to_onnx,
)
from graph.ops.running import products_before, sum_dtype
from graph.ops.shape_rules import normalize_axes, quote, reduced_shape, tensor

Axis = int | tuple[int, ...] | None
DTypeRule = Callable[[Aval], DType]


# Dtypes of results


def mean_dtype(x: Aval) -> DType:
    return float64 if x.dtype.kind in "biu" else x.dtype


def spread_dtype(x: Aval) -> DType:
    return real_of(mean_dtype(x))


def same_dtype(x: Aval) -> DType:
    return x.dtype


def truth_dtype(x: Aval) -> DType:
    return bool_


def index_dtype(x: Aval) -> DType:
    return int64


# Shape rules


def infer_reduction(name: str, dtype: DTypeRule, *, needs_elements: bool = False) -> Any:
    """Shape rule: the reduced axes go, or stay as 1 with `keepdims`.

    Raises: ShapeError for a bad axis, or where nothing is reduced and the op needs elements.
    """

    def infer(x: Type, *, axis: Axis = None, keepdims: bool = False) -> Aval:
        aval = tensor(x, name)
        axes = normalize_axes(name, axis, aval.ndim)
        if needs_elements:
            check_not_empty(name, aval, axes)
        return Aval(dtype(aval), reduced_shape(aval.shape, axes, keepdims))

    return infer


def check_not_empty(name: str, x: Aval, axes: Sequence[int]) -> None:
    for axis in axes:
        if x.shape[axis] == 0:
            raise ShapeError(f"{quote(name, x)}: no elements along axis {axis}, and `{name}` of nothing is undefined")


def may_be_empty(op: Op) -> Effect:
    """Symbolic sizes may turn out to be zero."""
    shape = op.operands[0].shape
    axes = normalize_axes(op.name, op.attrs.get("axis"), len(shape))  # pyright: ignore[reportArgumentType]
    return Effect.PURE if all(isinstance(shape[a], int) for a in axes) else Effect.CAN_FAIL


def expanded(b: Emitter[Any], y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """A result with the reduced axes back, as 1."""
    axes = normalize_axes("expand", axis, x.ndim)
    return y if keepdims or not axes else b.expand_dims(y, axis=axes)


# Sums and means


def sum_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


def sum_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> tuple[Any]:
    return (b.broadcast_to(expanded(b, ct, x, axis, keepdims), b.shape_of(x)),)


def mean_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if x.dtype.char not in "fd":
        return x.mean(axis=axis, keepdims=keepdims)
    total = np.add.reduce(x, axis=axis, keepdims=keepdims)  # what `mean` does, in a third of its time
    return total / (x.size // total.size if total.size else 1)


def mean_parts(b: Emitter[Any], x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over the count; 16-bit floats in float32."""
    wide = b.cast(x, dtype=mean_wide(x.dtype))
    size = count(b, wide, normalize_axes("mean", axis, x.ndim))
    mean = b.div(b.sum(wide, axis=axis, keepdims=keepdims), size)
    return b.cast(mean, dtype=mean_dtype(Aval(x.dtype, ())))


def mean_wide(dtype: DType) -> DType:
    """The dtype that means are computed in."""
    if dtype.kind in "biu":
        return float64
    return dtype if dtype.itemsize > 2 else float32


def mean_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> tuple[Any]:
    share = b.div(ct, count(b, x, normalize_axes("mean", axis, x.ndim)))
    return (b.broadcast_to(expanded(b, share, x, axis, keepdims), b.shape_of(x)),)


def var_kernel(x: Any, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    return x.var(axis=axis, ddof=correction, keepdims=keepdims)


def infer_spread(name: str) -> Any:
    """Shape rule of `var` and `std`: as a reduction; the divisor is the number of elements less `correction`."""
    infer_axes = infer_reduction(name, spread_dtype)

    def infer(x: Type, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Aval:
        return infer_axes(x, axis=axis, keepdims=keepdims)

    return infer


def var_parts(b: Emitter[Any], x: Any, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    """The mean square of what the elements are off their mean."""
    wide = b.cast(x, dtype=mean_wide(x.dtype))
    centred = b.sub(wide, mean_parts(b, wide, axis=axis, keepdims=True))
    squares = b.real(b.mul(centred, b.conj(centred))) if is_complex(x.dtype) else b.mul(centred, centred)
    size = count(b, wide, normalize_axes("var", axis, x.ndim))
    less = max(size - correction, 0) if isinstance(size, int) else b.maximum(b.sub(size, correction), 0)
    var = b.div(b.sum(squares, axis=axis, keepdims=keepdims), b.cast(less, dtype=squares.dtype))
    return b.cast(var, dtype=spread_dtype(Aval(x.dtype, ())))


def std_parts(b: Emitter[Any], x: Any, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    wide = b.cast(x, dtype=mean_wide(x.dtype))
    root = b.sqrt(var_parts(b, wide, axis=axis, correction=correction, keepdims=keepdims))
    return b.cast(root, dtype=spread_dtype(Aval(x.dtype, ())))


def var_vjp(
    b: Emitter[Any],
    ct: Any,
    y: Any,
    x: Any,
    *,
    axis: Axis = None,
    correction: float = 0,
    keepdims: bool = False,
) -> tuple[Any]:
    size = count(b, x, normalize_axes("var", axis, x.ndim))
    scaled = b.div(b.mul(ct, 2.0), b.sub(size, correction) if not isinstance(size, int) else size - correction)
    centred = b.sub(x, b.mean(x, axis=axis, keepdims=True))
    return (b.mul(expanded(b, scaled, x, axis, keepdims), centred),)


def std_kernel(x: Any, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    return x.std(axis=axis, ddof=correction, keepdims=keepdims)


def std_vjp(
    b: Emitter[Any],
    ct: Any,
    y: Any,
    x: Any,
    *,
    axis: Axis = None,
    correction: float = 0,
    keepdims: bool = False,
) -> tuple[Any]:
    """Half of `var`'s over the deviation; where all elements are equal, zero."""
    half = b.div(ct, b.mul(b.where(b.eq(y, 0), 1, y), 2.0))
    return var_vjp(b, half, y, x, axis=axis, correction=correction, keepdims=keepdims)


def infer_sum_to(ct: Type, x: Type) -> Aval:
    """Shape rule of `sum_to`: the first operand's dtype, the shape of the second, which broadcast to the first's."""
    return Aval(tensor(ct, "sum_to").dtype, tensor(x, "sum_to").shape)


def sum_to_kernel(ct: Any, x: Any) -> Any:
    if ct.shape == x.shape:
        return ct
    lead = ct.ndim - x.ndim
    repeated = tuple(i for i in range(ct.ndim) if i < lead or (x.shape[i - lead] == 1 and ct.shape[i] != 1))
    return np.add.reduce(ct, axis=repeated, dtype=ct.dtype, keepdims=True).reshape(x.shape)[()]


def sum_to_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, like: Any) -> tuple[Any, None]:
    return b.broadcast_to(ct, b.shape_of(x)), None


MEAN, VAR, STD = Decomposed(mean_parts), Decomposed(var_parts), Decomposed(std_parts)
register(
    OpDef(
        "sum",
        infer=infer_reduction("sum", sum_dtype),
        kernel=sum_kernel,
        vjp=sum_vjp,
        promote=None,
        lower=SUM,
        parts=Parts(summed),
        onnx=OnnxRule(sum_onnx),
    )
)
register(
    OpDef("mean", infer=infer_reduction("mean", mean_dtype), kernel=mean_kernel, vjp=mean_vjp, promote=None, lower=MEAN)
)
register(OpDef("var", infer=infer_spread("var"), kernel=var_kernel, vjp=var_vjp, promote=None, lower=VAR))
register(OpDef("std", infer=infer_spread("std"), kernel=std_kernel, vjp=std_vjp, promote=None, lower=STD))
register(
    OpDef(
        "sum_to",
        infer=infer_sum_to,
        kernel=sum_to_kernel,
        vjp=sum_to_vjp,
        promote=None,
        aliases=True,
        lower=Choose(lower_sum_to),
        onnx=OnnxRule(sum_to_onnx),
    )
)


# Products


def prod_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims)


def prod_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> tuple[Any]:
    """Each element's share is the product of all others: those before times those after, so that zeros do no harm."""
    axes = normalize_axes("prod", axis, x.ndim)
    if not axes:
        return (ct,)
    order = tuple(i for i in range(x.ndim) if i not in axes) + axes
    sizes = b.shape_of(x)
    moved = b.transpose(x, axes=order)
    kept = [sizes[i] for i in order[: x.ndim - len(axes)]]
    total: Any = 1
    for i in axes:
        total = total * sizes[i] if isinstance(total, int) and isinstance(sizes[i], int) else b.mul(sizes[i], total)
    rows = b.reshape(moved, (*kept, total))
    last = len(kept)
    after = b.flip(products_before(b, b.flip(rows, axis=last)), axis=last)
    others = b.reshape(b.mul(products_before(b, rows), after), [sizes[i] for i in order])
    back = tuple(order.index(i) for i in range(x.ndim))
    share = conj(b, b.transpose(others, axes=back))
    return (b.mul(expanded(b, ct, x, axis, keepdims), share),)


register(
    OpDef(
        "prod",
        infer=infer_reduction("prod", sum_dtype),
        kernel=prod_kernel,
        vjp=prod_vjp,
        promote=None,
        lower=PROD,
        onnx=OnnxRule(prod_onnx),
    )
)


# Extremes


def max_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Any:
    """`initial` is among the elements, and so the result where there are none."""
    if initial is None:
        return np.maximum.reduce(x, axis=axis, keepdims=keepdims)
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims, initial=initial)


def min_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


def infer_max(x: Type, *, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Aval:
    """Shape rule of `max`: as a reduction; without `initial` it needs elements."""
    rule = infer_reduction("max", same_dtype, needs_elements=initial is None)
    return cast(Aval, rule(x, axis=axis, keepdims=keepdims))


def max_effect(op: Op) -> Effect:
    return may_be_empty(op) if op.attrs.get("initial") is None else Effect.PURE


def lower_max(x: Type, *, initial: float | None = None, **attrs: Any) -> Lowering:
    """With `initial`, which nothing is below, where nothing is."""
    if initial is None:
        return MAX
    return MAX_OR_LOWEST if initial == -math.inf else Callback("only -inf is a native `initial`")


def extreme_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False, initial: float | None = None
) -> tuple[Any]:
    is_extreme = b.cast(b.eq(x, expanded(b, y, x, axis, keepdims)), dtype=real_of(x.dtype))
    ties = b.sum(is_extreme, axis=axis, keepdims=True)
    return (b.mul(is_extreme, b.div(expanded(b, ct, x, axis, keepdims), ties)),)


def argmax_kernel(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    return np.argmax(x, axis, keepdims=True) if keepdims else x.argmax(axis)


def argmin_kernel(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    return np.argmin(x, axis, keepdims=True) if keepdims else x.argmin(axis)


register(
    OpDef(
        "max",
        infer=infer_max,
        kernel=max_kernel,
        vjp=extreme_vjp,
        promote=None,
        effect=max_effect,
        lower=Choose(lower_max),
        onnx=OnnxRule(extreme_onnx("ReduceMax")),
    )
)
register(
    OpDef(
        "min",
        infer=infer_reduction("min", same_dtype, needs_elements=True),
        kernel=min_kernel,
        vjp=extreme_vjp,
        promote=None,
        effect=may_be_empty,
        lower=MIN,
        onnx=OnnxRule(extreme_onnx("ReduceMin")),
    )
)
for _name, _kernel, _lower, _node in (
    ("argmax", argmax_kernel, ARGMAX, "ArgMax"),
    ("argmin", argmin_kernel, ARGMIN, "ArgMin"),
):
    register(
        OpDef(
            _name,
            infer=infer_reduction(_name, index_dtype, needs_elements=True),
            kernel=_kernel,
            vjp=DISCRETE,
            promote=None,
            effect=may_be_empty,
            lower=_lower,
            onnx=OnnxRule(place_onnx(_node)),
        )
    )


# Truth and counts


def any_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.logical_or.reduce(x, axis=axis, keepdims=keepdims)


def all_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.logical_and.reduce(x, axis=axis, keepdims=keepdims)


def count_nonzero_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.add.reduce(x != 0, axis=axis, keepdims=keepdims)


register(
    OpDef(
        "any",
        infer=infer_reduction("any", truth_dtype),
        kernel=any_kernel,
        vjp=DISCRETE,
        promote=None,
        lower=ANY,
        onnx=OnnxRule(any_onnx),
    )
)
register(
    OpDef(
        "all",
        infer=infer_reduction("all", truth_dtype),
        kernel=all_kernel,
        vjp=DISCRETE,
        promote=None,
        lower=ALL,
        onnx=OnnxRule(all_onnx),
    )
)
register(
    OpDef(
        "count_nonzero",
        infer=infer_reduction("count_nonzero", index_dtype),
        kernel=count_nonzero_kernel,
        vjp=NotDifferentiable("a count is an integer"),
        promote=None,
        lower=COUNT,
        onnx=OnnxRule(count_onnx),
    )
)


# The logarithm of a sum of exponentials


def infer_logsumexp(x: Type, *, axis: Axis = None, keepdims: bool = False) -> Aval:
    """Shape rule of `logsumexp`: as a reduction; a real floating dtype, some elements."""
    aval = tensor(x, "logsumexp")
    if not is_float(aval.dtype):
        raise DTypeError(f"{quote('logsumexp', aval)}: a real floating dtype is needed")
    axes = normalize_axes("logsumexp", axis, aval.ndim)
    check_not_empty("logsumexp", aval, axes)
    return Aval(aval.dtype, reduced_shape(aval.shape, axes, keepdims))


def logsumexp_kernel(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element is taken out first, so that nothing overflows."""
    x = x.astype(np.float64) if x.dtype.kind in "biu" else x
    largest = np.maximum.reduce(x, axis=axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0)
    total = np.log(np.add.reduce(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else total.squeeze(axis=axis)[()]


def logsumexp_parts(b: Emitter[Any], x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """As the kernel: in two passes, the largest element first."""
    largest = b.max(x, axis=axis, keepdims=True)
    largest = b.where(b.isfinite(largest), largest, 0)
    total = b.add(b.log(b.sum(b.exp(b.sub(x, largest)), axis=axis, keepdims=True)), largest)
    axes = normalize_axes("logsumexp", axis, x.ndim)
    return total if keepdims or not axes else b.squeeze(total, axis=axes)


def logsumexp_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> tuple[Any]:
    """The softmax, and zero where all elements are -inf."""
    shift = expanded(b, b.where(b.isfinite(y), y, 0), x, axis, keepdims)
    return (b.mul(expanded(b, ct, x, axis, keepdims), b.exp(b.sub(x, shift))),)


register(
    OpDef(
        "logsumexp",
        infer=infer_logsumexp,
        kernel=logsumexp_kernel,
        vjp=logsumexp_vjp,
        promote=to_float,
        effect=may_be_empty,
        lower=Decomposed(logsumexp_parts),
    )
)
