"""`log_record`: a record for a logger of the standard library, made each time that the graph runs."""

import logging

from graph.aval import Type
from graph.ir.lowering import Callback
from graph.ir.onnx_form import OnnxDropped
from graph.ir.opdef import Again, Effect, NotDifferentiable, OpDef, register
from graph.ops.effects import infer_print
from graph.ops.text_of import message


def infer_log_record(
    *operands: Type,
    logger: str,
    level: int,
    parts: tuple[str, ...],
    forms: tuple[str, ...],
    file: str,
    line: int,
    caller: str,
) -> tuple[Type, ...]:
    """Shape rule of `log_record(*operands)`: no result. The message is made as that of `print`; `file`, `line` and
    `caller` say where the call stands."""
    return infer_print(*operands, parts=parts, forms=forms, stream="stderr")


def log_record_kernel(
    *operands: object,
    logger: str,
    level: int,
    parts: tuple[str, ...],
    forms: tuple[str, ...],
    file: str,
    line: int,
    caller: str,
) -> tuple[()]:
    target = logging.getLogger(logger)
    if target.isEnabledFor(level):
        text = message(parts, operands, forms)
        target.handle(target.makeRecord(target.name, level, file, line, text, (), None, caller))
    return ()


register(
    OpDef(
        "log_record",
        infer=infer_log_record,
        kernel=log_record_kernel,
        vjp=NotDifferentiable("there is no result"),
        promote=None,
        effect=Effect.ORDERED,
        again=Again.SHOWN,
        lower=Callback("Python's loggers take it"),
        onnx=OnnxDropped("a log record"),
    )
)
