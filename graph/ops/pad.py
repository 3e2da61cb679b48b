"""`pad`: more elements at the ends of axes, constant or taken from the tensor itself."""

from typing import Any, Final

import numpy as np

from graph.aval import Aval, Type, dim_add
from graph.dtypes import is_complex, is_float
from graph.errors import DTypeError, ShapeError
from graph.ir.emitter import Emitter
from graph.ir.op import Op
from graph.ir.opdef import Effect, OpDef, register
from graph.ops.cotangent_rules import places
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


register(OpDef("pad", infer=infer_pad, kernel=pad_kernel, vjp=pad_vjp, promote=None, effect=pad_effect))
