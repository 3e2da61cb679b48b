"""Checks and errors in ONNX: a node that fails, and is called what went wrong."""

from typing import Any

from graph.aval import Aval
from graph.dtypes import bool_, int64
from graph.ir.onnx_form import Handle, OnnxEmitter
from graph.ops.text_of import short


def _message(error: str, parts: tuple[str, ...]) -> str:
    return f"{error}: {'...'.join(parts)}" if parts else error


def check_onnx(
    b: OnnxEmitter, ok: Handle, *operands: Handle, error: str, parts: tuple[str, ...], forms: tuple[str, ...]
) -> tuple[()]:
    b.require(ok, _message(error, parts))
    return ()


def fail_onnx(
    b: OnnxEmitter, *operands: Handle, error: str, parts: tuple[str, ...], forms: tuple[str, ...]
) -> tuple[()]:
    b.require(b.tensor(False, bool_), _message(error, parts))
    return ()


def raise_onnx(b: OnnxEmitter, *operands: Handle, error: str, args: Any, fields: Any) -> tuple[()]:
    texts = ", ".join(str(item[1]) for item in args if item[0] in ("value", "text"))
    b.require(b.tensor(False, bool_), f"{error}: {texts}")
    return ()


def guard_onnx(b: OnnxEmitter, x: Handle, *, kind: str, expected: Any, site: str) -> tuple[()]:
    """What the trace took for granted is looked at in every run."""
    text = f"the trace was recorded with {short(expected)} for this {kind} ({site})"
    match kind:
        case "shape":
            found = b.shape_of(x)
            wanted = b.tensor(expected, found.dtype)
        case "len":
            found = (
                b.sizes(x)[0] if isinstance(x.type, Aval) else b.node("SequenceLength", b.first_part(x), dtype=int64)
            )
            wanted = expected
        case _:
            found, wanted = x, b.tensor(expected, x.dtype)
    if isinstance(found, int):
        return ()
    wrong = b.ne(found, wanted)
    if wrong.dtype == bool_:
        wrong = b.bit_and(wrong, b.bit_or(b.eq(found, found), b.eq(wanted, wanted)))
    b.require(b.bit_not(b.node("ReduceMax", wrong, keepdims=0)), text)
    return ()
