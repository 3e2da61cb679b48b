"""`pad`: more elements at the ends of axes, constant or taken from the tensor itself."""

from typing import Any, Final

import numpy as np

from graph.aval import Aval, Type, dim_add
from graph.dtypes import is_complex, is_float
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.lowering import Callback, Choose, LoopEmitter, Loops, Lowering
from graph.ir.onnx_form import OnnxRule
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ops.cotangent_rules import places
from graph.ops.pad_onnx import pad_onnx
from graph.ops.places import each
from graph.ops.shape_rules import quote, tensor

Widths = tuple[tuple[int, int], ...]
MODES: Final = ("constant", "edge", "reflect", "symmetric", "wrap")


def infer_pad(x: Type, *, widths: Widths, mode: str = "constant", value: complex = 0) -> Aval:
    """Shape rule of `pad`: `widths[i]` elements before and after axis i. `value` is for the mode "constant".

    Raises: ShapeError for negative widths, too many of them, or no elements to take from. Source: NumPy pad.
    """
    aval = tensor(x, "pad")
    if len(widths) != aval.ndim or any(w < 0 for pair in widths for w in pair):
        raise ShapeError(f"{quote('pad', aval)}: widths {widths} must be a pair of sizes for each of {aval.ndim} axes")
    if mode not in MODES:
        raise ShapeError(f"`pad`: there is no mode {mode!r}", next_step=f"take one of {', '.join(MODES)}.")
    if (isinstance(value, complex) and not is_complex(aval.dtype)) or (
        isinstance(value, float) and not (is_float(aval.dtype) or is_complex(aval.dtype))
    ):
        raise DTypeError(f"{quote('pad', aval)}: the value {value} does not fit the dtype")
    if mode != "constant" and any(d == 0 and any(pair) for d, pair in zip(aval.shape, widths, strict=True)):
        raise ShapeError(f"{quote('pad', aval)}: an empty axis has nothing to pad with in mode {mode!r}")
    shape = tuple(dim_add(d, before + after) for d, (before, after) in zip(aval.shape, widths, strict=True))
    return Aval(aval.dtype, shape)


def pad_kernel(x: Any, *, widths: Widths, mode: str = "constant", value: complex = 0) -> Any:
    if mode != "constant":
        return np.pad(x, widths, mode)[()]  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType]
    shape = [d + before + after for d, (before, after) in zip(x.shape, widths, strict=True)]
    result = np.full(shape, value, x.dtype)
    result[tuple([slice(before, before + d) for d, (before, _) in zip(x.shape, widths, strict=True)])] = x
    return result[()]


def pad_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, *, widths: Widths, mode: str = "constant", value: complex = 0
) -> tuple[Any]:
    """Constant padding takes its cotangent away with it; other modes add each one where its element came from."""
    if mode == "constant":
        inner = tuple(slice(before or None, -after or None, None) for before, after in widths)
        return (b.index(ct, index=inner),)
    sizes = b.shape_of(x)
    for axis, pair in enumerate(widths):
        if any(pair):
            taken = b.pad(places(b, sizes[axis]), widths=(pair,), mode=mode)
            shape = (*sizes[: axis + 1], *b.shape_of(ct)[axis + 1 :])
            ct = b.index_add(b.full(shape, 0, ct.dtype), ct, taken, index=(*((slice(None),) * axis), "$"))
    return (ct,)


def pad_effect(op: Op) -> Effect:
    """A symbolic axis may be empty, and so have nothing to pad with."""
    known = all(isinstance(d, int) for d in op.operands[0].shape)
    return Effect.PURE if known or op.attrs.get("mode", "constant") == "constant" else Effect.CAN_FAIL


def pad_loops(e: LoopEmitter, x: Any, *, widths: Widths, mode: str = "constant", value: complex = 0) -> Any:
    """Each element of the result from where the mode says; see `_source`."""
    shape = e.sizes(x)
    x = e.stored(x)
    sizes = [e.add(n, before + after) for n, (before, after) in zip(shape, widths, strict=True)]
    if mode != "constant":
        for n, pair in zip(shape, widths, strict=True):
            e.check(e.gt(n, 0) if any(pair) else True)
    y = e.buffer(e.dtype(x), sizes)
    if mode == "constant":
        with each(e, sizes, parallel=True) as at:
            e.store(y, at, value)
        with each(e, shape, parallel=True) as at:
            e.store(y, tuple(e.add(i, before) for i, (before, _) in zip(at, widths, strict=True)), e.load(x, at))
        return y
    with each(e, sizes, parallel=True) as at:
        places = zip(at, shape, widths, strict=True)
        e.store(y, at, e.load(x, tuple(_source(e, mode, e.sub(i, pair[0]), n) for i, n, pair in places)))
    return y


def _source(e: LoopEmitter, mode: str, i: Any, n: Any) -> Any:
    """Which element of an axis of `n` stands at `i`, which may be negative or `n` and more."""
    last = e.sub(n, 1)
    if mode == "edge":
        return e.select(e.lt(i, 0), 0, e.select(e.gt(i, last), last, i))
    period = {"wrap": n, "symmetric": e.mul(n, 2), "reflect": e.mul(last, 2)}[mode]
    period = e.select(e.gt(period, 0), period, 1)
    rest = e.remainder(i, period)
    rest = e.select(e.lt(rest, 0), e.add(rest, period), rest)
    if mode == "wrap":
        return rest
    mirrored = e.sub(e.sub(period, 1) if mode == "symmetric" else period, rest)
    return e.select(e.gt(rest, last), mirrored, rest)


def lower_pad(x: Aval, **attrs: Any) -> Lowering:
    return Loops(pad_loops) if x.ndim else Callback("a 0-d tensor has nothing to pad")


register(
    OpDef(
        "pad",
        infer=infer_pad,
        kernel=pad_kernel,
        vjp=pad_vjp,
        promote=None,
        effect=pad_effect,
        lower=Choose(lower_pad),
        onnx=OnnxRule(pad_onnx(_source)),
    )
)
