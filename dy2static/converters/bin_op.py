"""Operators with two sides: texts that are filled in by `%`, dicts united by `|`."""

import ast

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.BinOp, rewriter: Rewriter) -> ast.expr:
    """`"a %s" % b` -> `_rt.percent("a %s", b)`, `a | b` -> `_rt.union(a | b)`; other operators stay."""
    node.left = rewriter.expression(node.left)
    node.right = rewriter.expression(node.right)
    if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return call(rewriter.ctx.runtime, "percent", [node.left, node.right], node)
    if isinstance(node.op, ast.BitOr):
        return call(rewriter.ctx.runtime, "union", [node], node)
    return node
