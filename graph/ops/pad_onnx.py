"""`pad` in ONNX."""

from collections.abc import Callable
from typing import Any

from graph.dtypes import int64
from graph.ir.onnx_form import Handle, OnnxEmitter

Source = Callable[..., Any]
"""`source(s, mode, i, n)`: which element of an axis of `n` stands at `i`, which may be negative or `n` and more."""


def pad_onnx(source: Source) -> Any:
    """A node for a constant; other modes take elements by their places, axis by axis, as often as they come."""

    def rule(b: OnnxEmitter, x: Handle, *, widths: Any, mode: str = "constant", value: Any = 0) -> Handle:
        if mode == "constant":
            pads = [before for before, _ in widths] + [after for _, after in widths]
            return b.node("Pad", x, b.tensor(pads, int64), b.tensor(value, x.dtype)) if pads else x
        for axis, (n, (before, after)) in enumerate(zip(b.sizes(x), widths, strict=True)):
            if before or after:
                limit = b.convert(b.add(n, after), int64)
                at = b.node("Range", b.tensor(-before, int64), limit, b.tensor(1, int64))
                x = b.node("Gather", x, source(b, mode, at, b.convert(n, int64)), axis=axis)
        return x

    return rule
