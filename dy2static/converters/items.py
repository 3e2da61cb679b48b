"""Items of containers, in conversions that are asked for them, and of the environment."""

import ast
from typing import Final

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter

OUTSIDE: Final = frozenset({"environ", "modules"})


def convert(node: ast.Subscript, rewriter: Rewriter) -> ast.expr:
    """`x[i]` -> `_rt.item(x, i)`, where staging found that Python itself needed the index, or would have added it to a
    dict as a key (see `source.convert.asking_for_items`). Else it stays: tensors and lists know staged indices."""
    rewriter.parts(node)
    is_of_slices = any(isinstance(part, ast.Slice) for part in ast.walk(node.slice))
    is_asked = rewriter.ctx.asks_for_items or _may_be_outside(node.value)
    if is_asked and not is_of_slices and isinstance(node.ctx, ast.Load):
        return call(rewriter.ctx.runtime, "item", [node.value, node.slice], node)
    return node


def _may_be_outside(node: ast.expr) -> bool:
    """Whether it goes by the name of `os.environ` or `sys.modules`, whose items are noted."""
    return bool(OUTSIDE & {getattr(node, "attr", None), getattr(node, "id", None)})
