"""Elementwise choice: `where`, and `clip` (one bound alone is `maximum` or `minimum`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.aval import Aval, Type
from graph.dtypes import DType, bool_, is_bool, is_complex
from graph.errors import DTypeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Elementwise, ScalarEmitter
from graph.ir.opdef import OpDef, Operand, register
from graph.ops.binary import larger, smaller
from graph.ops.promotion import common
from graph.ops.scalar_rules import plainly
from graph.ops.shape_rules import broadcast_effect, broadcast_shapes, quote, tensor

_chosen = common(first=1)


def promote_where(operands: Sequence[Operand]) -> tuple[DType, ...]:
    """The condition becomes bool, the choices get their common dtype."""
    return (bool_, *_chosen(operands)[1:])


def infer_where(condition: Type, x: Type, y: Type) -> Aval:
    """Shape rule of `where`: a bool condition and two choices of one dtype; all broadcast."""
    c, a, b = tensor(condition, "where"), tensor(x, "where"), tensor(y, "where")
    if not is_bool(c.dtype):
        raise DTypeError(f"{quote('where', c, a, b)}: the condition must be bool")
    if a.dtype != b.dtype:
        raise DTypeError(f"{quote('where', c, a, b)}: dtypes must agree in a graph", next_step="cast with `astype`.")
    return Aval(a.dtype, broadcast_shapes([c.shape, a.shape, b.shape], lambda: quote("where", c, a, b)))


def where_kernel(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)[()]  # pyright: ignore[reportUnknownVariableType]


def where_vjp(b: Emitter[Any], ct: Any, z: Any, condition: Any, x: Any, y: Any) -> tuple[None, Any, Any]:
    by_x = b.unbroadcast(b.where(condition, ct, 0), x) if b.wants(x) else None
    by_y = b.unbroadcast(b.where(condition, 0, ct), y) if b.wants(y) else None
    return None, by_x, by_y


def infer_clip(x: Type, low: Type, high: Type) -> Aval:
    """Shape rule of `clip`: three operands of one real dtype, which broadcast."""
    avals = [tensor(t, "clip") for t in (x, low, high)]
    if len({a.dtype for a in avals}) > 1:
        raise DTypeError(f"{quote('clip', *avals)}: dtypes must agree in a graph", next_step="cast with `astype`.")
    if is_complex(avals[0].dtype):
        raise DTypeError(f"{quote('clip', *avals)}: complex numbers have no order")
    return Aval(avals[0].dtype, broadcast_shapes([a.shape for a in avals], lambda: quote("clip", *avals)))


def clip_kernel(x: Any, low: Any, high: Any) -> Any:
    if type(x) is type(low) is type(high) and type(x) in (np.float64, np.float32):
        # What `np.clip` does, which takes seven microseconds for numbers.
        above: Any = x if x >= low or x != x else low
        return above if above <= high or above != above else high
    return np.clip(x, low, high)


def clip_vjp(b: Emitter[Any], ct: Any, z: Any, x: Any, low: Any, high: Any) -> tuple[Any, Any, Any]:
    """The bounds are within: at a bound the cotangent goes to `x`. Where `low > high` the result is `high`."""
    by_x = by_low = by_high = None
    if b.wants(x):
        inside = b.logical_and(b.ge(x, low), b.le(x, high))
        by_x = b.unbroadcast(b.where(inside, ct, 0), x)
    if b.wants(low):
        below = b.logical_and(b.lt(x, low), b.le(low, high))
        by_low = b.unbroadcast(b.where(below, ct, 0), low)
    if b.wants(high):
        above = b.logical_or(b.gt(x, high), b.gt(low, high))
        by_high = b.unbroadcast(b.where(above, ct, 0), high)
    return by_x, by_low, by_high


def clip_element(s: ScalarEmitter, x: Any, low: Any, high: Any) -> Any:
    return smaller(s, larger(s, x, low), high)


register(
    OpDef(
        "where",
        infer=infer_where,
        kernel=where_kernel,
        vjp=where_vjp,
        promote=promote_where,
        effect=broadcast_effect,
        lower=plainly("select", "biufcV"),
    )
)
register(
    OpDef(
        "clip",
        infer=infer_clip,
        kernel=clip_kernel,
        vjp=clip_vjp,
        promote=common(),
        effect=broadcast_effect,
        lower=Elementwise(clip_element),
    )
)
