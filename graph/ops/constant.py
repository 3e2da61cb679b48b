"""Ops that make tensors from nothing, and those that look at a tensor's type: sizes and casts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.aval import Aval, Shape, Type, scalar
from graph.dtypes import DType, float64, int64, is_complex, is_differentiable, real_of
from graph.errors import DTypeError, InternalError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import (
    BuiltIn,
    Callback,
    Choose,
    Elementwise,
    Generate,
    LoopEmitter,
    Lowering,
    ScalarEmitter,
)
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, Operand, register
from graph.ir.parts import WHOLE, Part, Parts, Ways
from graph.ops.constant_onnx import arange_onnx, constant_onnx, dim_onnx, full_onnx
from graph.ops.promotion import common
from graph.ops.shape_rules import UNKNOWN_DIM, check_sizes, normalize_axis, resolve_shape, tensor

NO_OPERANDS = NotDifferentiable("there is no tensor operand")


def infer_constant(*, value: np.ndarray) -> Aval:
    """Shape rule of `constant`: the type of its value."""
    return Aval(value.dtype, value.shape)


def constant_kernel(*, value: np.ndarray) -> Any:
    return value[()]


def infer_full(*sizes: Type, shape: Shape, value: Any, dtype: DType) -> Aval:
    """Shape rule of `full`: the shape attribute; a size operand for each symbolic dim."""
    check_sizes("full", shape, sizes)
    return Aval(dtype, shape)


def full_kernel(*sizes: Any, shape: Shape, value: Any, dtype: DType) -> Any:
    return np.full(resolve_shape(shape, sizes), value, dtype)[()]


def infer_dim(x: Type, *, axis: int) -> Aval:
    """Shape rule of `dim`: the size of one axis, 0-d int64."""
    normalize_axis("dim", axis, tensor(x, "dim").ndim)
    return scalar(int64)


def dim_kernel(x: np.ndarray, *, axis: int) -> Any:
    return np.int64(x.shape[axis])


def infer_cast(x: Type, *, dtype: DType) -> Aval:
    """Shape rule of `cast`: any dtype to any other, but complex to real (take `real` first)."""
    aval = tensor(x, "cast")
    if aval.dtype.kind == "c" and dtype.kind not in "cb":
        raise DTypeError(f"`cast` of {aval} to {dtype} would lose the imaginary part", next_step="use `real(x)`.")
    return Aval(dtype, aval.shape)


def cast_kernel(x: Any, *, dtype: DType) -> Any:
    return x.astype(dtype)


def cast_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, dtype: DType) -> tuple[Any]:
    if not is_differentiable(x.dtype):
        return (None,)
    if ct.dtype.kind == "c" and x.dtype.kind != "c":
        ct = b.real(ct)
    return (b.cast(ct, dtype=x.dtype),)


def cast_element(s: ScalarEmitter, x: Any, *, dtype: DType) -> Any:
    return s.convert(x, dtype)


def full_parts(part: Part, y: Aval, *sizes: Type, **attrs: Any) -> Ways:
    return ((WHOLE,) * len(sizes),) if isinstance(part, int) else ()


BUILT_IN = BuiltIn()
CAST = Elementwise(cast_element, "biufcV")

register(
    OpDef(
        "constant",
        infer=infer_constant,
        kernel=constant_kernel,
        vjp=NO_OPERANDS,
        promote=None,
        lower=BUILT_IN,
        onnx=OnnxRule(constant_onnx),
    )
)
register(
    OpDef(
        "full",
        infer=infer_full,
        kernel=full_kernel,
        vjp=NO_OPERANDS,
        promote=None,
        lower=BUILT_IN,
        parts=Parts(full_parts),
        onnx=OnnxRule(full_onnx),
    )
)
register(
    OpDef(
        "dim",
        infer=infer_dim,
        kernel=dim_kernel,
        vjp=NotDifferentiable("a size is an integer"),
        promote=None,
        lower=BUILT_IN,
        onnx=OnnxRule(dim_onnx),
    )
)
register(OpDef("cast", infer=infer_cast, kernel=cast_kernel, vjp=cast_vjp, promote=None, lower=CAST))


# Ranges and the identity


def infer_iota(*sizes: Type, shape: Shape, dtype: DType) -> Aval:
    """Shape rule of `iota`: 0, 1, ... n-1 for the shape `(n,)`."""
    check_sizes("iota", shape, sizes)
    return Aval(dtype, shape)


def iota_kernel(*sizes: Any, shape: Shape, dtype: DType) -> np.ndarray:
    return np.arange(*resolve_shape(shape, sizes), dtype=dtype)


Bound = int | float | str
"""A number, or "$" for the next operand."""


def infer_arange(*dynamic: Type, start: Bound, stop: Bound, step: Bound, dtype: DType) -> Aval:
    """Shape rule of `arange`: from `start` by `step` up to, and without, `stop`.

    Each of the three is a number or "$", which stands for the next operand, a 0-d tensor; the length is then known at
    run time only. Raises: ShapeError for a step of zero. Source: NumPy arange.
    """
    bounds = (start, stop, step)
    wanted = sum(bound == "$" for bound in bounds)
    if len(dynamic) != wanted:
        raise InternalError(f"`arange` has {wanted} bounds to be given by operands, and {len(dynamic)} operands")
    for bound in dynamic:
        aval = tensor(bound, "arange")
        if aval.ndim or is_complex(aval.dtype):
            raise DTypeError(f"`arange`: a bound must be a 0-d real number, not {aval}")
    if step == 0:
        raise ShapeError("`arange`: the step must not be zero")
    if wanted:
        return Aval(dtype, (UNKNOWN_DIM,))
    return Aval(dtype, arange_kernel(start=start, stop=stop, step=step, dtype=dtype).shape)


def arange_kernel(*dynamic: Any, start: Bound, stop: Bound, step: Bound, dtype: DType) -> np.ndarray:
    rest = iter(dynamic)
    bounds: list[Any] = [next(rest) if bound == "$" else bound for bound in (start, stop, step)]
    if bounds[2] == 0:
        raise ValueError("`arange`: the step must not be zero")
    return np.arange(*bounds, dtype=dtype)


def arange_effect(op: Op) -> Effect:
    """A step that is known at run time only may be zero."""
    return Effect.CAN_FAIL if op.attrs["step"] == "$" else Effect.PURE


def promote_linspace(operands: Sequence[Operand]) -> tuple[DType, ...]:
    """The common floating dtype of both ends; the sizes are left as they are."""
    start, stop, *sizes = common(last=2)(operands)
    return (*(d if is_differentiable(d) else float64 for d in (start, stop)), *sizes)


def infer_linspace(start: Type, stop: Type, *sizes: Type, shape: Shape, endpoint: bool) -> Aval:
    """Shape rule of `linspace`: evenly spaced numbers, as many as the shape `(num,)` says; 0-d floating ends."""
    check_sizes("linspace", shape, sizes)
    a, b = tensor(start, "linspace"), tensor(stop, "linspace")
    if a.ndim or b.ndim or a.dtype != b.dtype or not is_differentiable(a.dtype):
        raise DTypeError(f"`linspace`: both ends must be 0-d and of one floating dtype, not {a} and {b}")
    if isinstance(shape[0], int) and shape[0] < 0:
        raise ShapeError(f"`linspace`: the number of samples, {shape[0]}, must not be negative")
    return Aval(a.dtype, shape)


def linspace_kernel(start: Any, stop: Any, *sizes: Any, shape: Shape, endpoint: bool) -> Any:
    (num,) = resolve_shape(shape, sizes)
    return np.linspace(start, stop, num, endpoint=endpoint)  # pyright: ignore[reportUnknownVariableType]


def linspace_vjp(
    b: Emitter[Any], ct: Any, y: Any, start: Any, stop: Any, *sizes: Any, shape: Shape, endpoint: bool
) -> tuple[Any, ...]:
    """A sample at the fraction t of the way is (1 - t) * start + t * stop."""
    zero = b.full((), 0, real_of(start.dtype))
    t = b.linspace(zero, b.add(zero, 1), *sizes, shape=shape, endpoint=endpoint)
    by_stop = b.sum(b.mul(ct, t), axis=0, keepdims=False)
    by_start = b.sub(b.sum(ct, axis=0, keepdims=False), by_stop)
    return by_start, by_stop, *(None for _ in sizes)


def infer_eye(*sizes: Type, shape: Shape, k: int, dtype: DType) -> Aval:
    """Shape rule of `eye`: a matrix of the given shape, ones on diagonal `k`, zeros elsewhere."""
    check_sizes("eye", shape, sizes)
    return Aval(dtype, shape)


def eye_kernel(*sizes: Any, shape: Shape, k: int, dtype: DType) -> np.ndarray:
    rows, columns = resolve_shape(shape, sizes)
    return np.eye(rows, columns, k, dtype)


def sizes_of(e: LoopEmitter, *sizes: Any, shape: Shape, **attrs: Any) -> tuple[Any, ...]:
    """The shape attribute, with operands in place of symbolic dims."""
    rest = iter(sizes)
    return tuple(d if isinstance(d, int) else next(rest) for d in shape)


def iota_element(s: ScalarEmitter, index: tuple[Any], *sizes: Any, shape: Shape, dtype: DType) -> Any:
    return s.convert(index[0], dtype)


def eye_element(s: ScalarEmitter, index: tuple[Any, Any], *sizes: Any, shape: Shape, k: int, dtype: DType) -> Any:
    row, column = index
    return s.select(s.eq(s.sub(column, row), k), s.const(1, dtype), s.const(0, dtype))


def linspace_element(
    s: ScalarEmitter, index: tuple[Any], start: Any, stop: Any, *sizes: Any, shape: Shape, endpoint: bool
) -> Any:
    """As NumPy computes it: `place * step + start`, the last one exact; where the step is nothing, by fractions."""
    (i,) = index
    num = sizes[0] if sizes else shape[0]
    steps = s.sub(num, 1) if endpoint else num
    dtype = start.dtype
    place, delta = s.convert(i, dtype), s.sub(stop, start)
    divisor = s.convert(steps, dtype)
    step = s.div(delta, divisor)
    along = s.select(s.eq(step, 0.0), s.mul(s.div(place, divisor), delta), s.mul(place, step))
    along = s.select(s.gt(steps, 0), along, s.mul(place, delta))
    element = s.add(along, start)
    if not endpoint:
        return element
    return s.select(s.bit_and(s.eq(i, s.sub(num, 1)), s.gt(num, 1)), stop, element)


def linspace_sizes(e: LoopEmitter, start: Any, stop: Any, *sizes: Any, shape: Shape, endpoint: bool) -> tuple[Any]:
    (num,) = sizes_of(e, *sizes, shape=shape)
    e.check(e.ge(num, 0))
    return (num,)


def lower_linspace(start: Aval, stop: Aval, *sizes: Type, **attrs: Any) -> Lowering:
    if start.dtype.itemsize > 2 and start.dtype.kind == "f":
        return Generate(linspace_sizes, linspace_element)
    return Callback(f"NumPy has a way of its own for {start.dtype}")


def lower_arange(*dynamic: Type, dtype: DType, **attrs: Any) -> Lowering:
    floating = any(isinstance(x, float) for x in attrs.values()) or any(
        tensor(t, "arange").dtype.kind == "f" for t in dynamic
    )
    if floating or dtype.kind not in "iuf" or any(tensor(t, "arange").dtype.kind == "u" for t in dynamic):
        return Callback("NumPy has a way of its own to count in floats")
    return Generate(arange_sizes, arange_element)


def arange_bounds(dynamic: Sequence[Any], start: Bound, stop: Bound, step: Bound) -> tuple[Any, Any, Any]:
    rest = iter(dynamic)
    first, last, by = (next(rest) if bound == "$" else bound for bound in (start, stop, step))
    return first, last, by


def arange_sizes(e: LoopEmitter, *dynamic: Any, start: Bound, stop: Bound, step: Bound, dtype: DType) -> tuple[Any]:
    """The distance over the step, rounded up."""
    first, last, by = arange_bounds(dynamic, start, stop, step)
    if not isinstance(by, int):
        e.check(e.ne(by, 0))
    is_up = e.gt(by, 0)
    distance = e.select(is_up, e.sub(last, first), e.sub(first, last))
    size = e.select(is_up, by, e.neg(by))
    steps = e.quotient(e.sub(e.add(distance, size), 1), size)
    return (e.select(e.gt(distance, 0), steps, 0),)


def arange_element(
    s: ScalarEmitter, index: tuple[Any], *dynamic: Any, start: Bound, stop: Bound, step: Bound, dtype: DType
) -> Any:
    first, _, by = arange_bounds([s.convert(x, int64) for x in dynamic], start, stop, step)
    return s.convert(s.add(s.mul(index[0], by), first), dtype)


register(
    OpDef(
        "iota",
        infer=infer_iota,
        kernel=iota_kernel,
        vjp=NO_OPERANDS,
        promote=None,
        lower=Generate(sizes_of, iota_element),
    )
)
register(
    OpDef(
        "arange",
        infer=infer_arange,
        kernel=arange_kernel,
        vjp=NotDifferentiable("the length of a range jumps as its bounds move"),
        promote=None,
        effect=arange_effect,
        lower=Choose(lower_arange),
        onnx=OnnxRule(arange_onnx),
    )
)
register(
    OpDef(
        "linspace",
        infer=infer_linspace,
        kernel=linspace_kernel,
        vjp=linspace_vjp,
        promote=promote_linspace,
        lower=Choose(lower_linspace),
    )
)
register(
    OpDef(
        "eye",
        infer=infer_eye,
        kernel=eye_kernel,
        vjp=NO_OPERANDS,
        promote=None,
        lower=Generate(sizes_of, eye_element),
    )
)
