"""The operands of a failed expression by the names that the user gave them, with their types."""

import ast
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, Final, cast

from dy2static.staging.locate import expression_at
from dy2static.staging.values.optional import maybe_none
from dy2static.staging.values.staged import StagedTensor
from eager.tensor import Tensor
from graph.aval import Aval, Type
from graph.errors import DTypeError, GraphError, IndexRangeError, ShapeError

QUOTED: Final = (ShapeError, DTypeError, IndexRangeError)
NEXT: Final[dict[type, str]] = {
    ShapeError: "make the shapes fit, with `reshape` or an index.",
    DTypeError: "make the dtypes fit, with `astype`.",
    IndexRangeError: "use an index that the axis has.",
}
"""What to do where the error itself has no advice."""


def quote_operands(error: GraphError, frame: FrameType | None, types: Sequence[Type] | None) -> None:
    """Add to an error of shapes, dtypes or indices what each operand is, by its text in the source.

    Operands are looked up in the `frame` that evaluated them; without one, `types` are theirs.
    """
    if not isinstance(error, QUOTED) or "\n" in error.what:
        return
    if not error.next_step and "Use " not in error.what:
        error.next_step = _advice(error)
    expression = expression_at(error.loc)
    if expression is None:
        return
    operands = list(dict.fromkeys(ast.unparse(node) for node in operands_of(expression)))
    if frame is None and len(operands) != len(types or ()):
        return
    known = dict(zip(operands, types or (), strict=False))
    kinds = {text: _kind(text, frame) if frame is not None else str(known[text]) for text in operands}
    quoted = [f"`{text}` is {kind}" for text, kind in kinds.items() if kind and not text[0].isdigit()]
    if quoted:
        error.what = f"{error.what}\n  {', '.join(quoted)}."


def _advice(error: GraphError) -> str:
    if "axis" in error.what and "out of bounds" in error.what:
        return "use an axis that the tensor has; -1 is the last one."
    return next(step for kind, step in NEXT.items() if isinstance(error, kind))


def operands_of(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions whose values an operator or a call takes."""
    match node:
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Compare(left=left, comparators=comparators):
            yield from (left, *comparators)
        case ast.Subscript(value=value, slice=ast.Tuple(elts=elements)):
            yield from (value, *elements)
        case ast.Subscript(value=value, slice=key):
            yield from (value, key)
        case ast.Call(func=function, args=args, keywords=keywords):
            if isinstance(function, ast.Attribute):
                yield function.value
            yield from args
            yield from (keyword.value for keyword in keywords)
        case _:
            return


def _kind(text: str, frame: FrameType) -> str:
    """What a name, or an attribute of one, holds; empty for other expressions and for what is no value of a program."""
    first, *attributes = text.split(".")
    if not all(part.isidentifier() for part in (first, *attributes)):
        return ""
    value: Any = frame.f_locals.get(first, frame.f_globals.get(first))
    for name in attributes:
        value = getattr(cast(object, value), "__dict__", {}).get(name)
    maybe = maybe_none(value)
    if maybe is not None:
        return f"{maybe.spec} or None"
    if isinstance(value, StagedTensor):
        return str(value.graph_value.type)
    if isinstance(value, Tensor):
        return str(Aval(value.dtype, value.shape))
    return repr(value) if isinstance(value, int | float | complex) else ""
