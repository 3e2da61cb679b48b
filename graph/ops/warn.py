"""`warn`: a warning of Python's, given each time that the graph runs and comes to it."""

import sys
import warnings

from graph.aval import Type
from graph.errors import InternalError
from graph.ir.lowering import Callback
from graph.ir.onnx_form import OnnxDropped
from graph.ir.opdef import Again, Effect, NotDifferentiable, OpDef, register
from graph.ops.effects import infer_print
from graph.ops.raised import class_of
from graph.ops.text_of import message


def infer_warn(
    *operands: Type,
    category: str,
    parts: tuple[str, ...],
    forms: tuple[str, ...],
    file: str,
    line: int,
    module: str,
) -> tuple[Type, ...]:
    """Shape rule of `warn(*operands)`: no result. The message is made as that of `print`; `category` names its class
    (see `raised`); `file`, `line` and `module` are the place that it is about, which Python's filters go by."""
    kind = class_of(category)
    if kind is None or not issubclass(kind, Warning):
        raise InternalError(f"`warn`: {category!r} is no warning")
    return infer_print(*operands, parts=parts, forms=forms, stream="stderr")


def warn_kernel(
    *operands: object,
    category: str,
    parts: tuple[str, ...],
    forms: tuple[str, ...],
    file: str,
    line: int,
    module: str,
) -> tuple[()]:
    home = sys.modules.get(module)
    seen = None if home is None else vars(home).setdefault("__warningregistry__", {})
    warnings.warn_explicit(message(parts, operands, forms), class_of(category), file, line, module, seen)
    return ()


register(
    OpDef(
        "warn",
        infer=infer_warn,
        kernel=warn_kernel,
        vjp=NotDifferentiable("there is no result"),
        promote=None,
        effect=Effect.ORDERED,
        again=Again.SHOWN,
        lower=Callback("Python's filters decide whether it is shown"),
        onnx=OnnxDropped("a warning"),
    )
)
