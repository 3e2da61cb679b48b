"""Items of containers, in conversions that are asked for them."""

import ast

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Subscript, rewriter: Rewriter) -> ast.expr:
    """`x[i]` -> `_rt.item(x, i)`, where `i` is computed and staging found that Python itself needed it (see
    `source.convert.asking_for_items`). Else it stays: tensors and lists know staged indices."""
    rewriter.parts(node)
    is_computed = not isinstance(node.slice, ast.Constant | ast.Slice | ast.Tuple)
    if rewriter.ctx.asks_for_items and is_computed and isinstance(node.ctx, ast.Load):
        return call(rewriter.ctx.runtime, "item", [node.value, node.slice], node)
    return node
