"""`a if test else b`."""

import ast

from dy2static.converters.build import call, thunk
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.IfExp, rewriter: Rewriter) -> ast.expr:
    """`a if test else b` -> `_rt.if_expr(test, lambda: a, lambda: b)`."""
    sides = [thunk(rewriter.expression(side), side) for side in (node.body, node.orelse)]
    return call(rewriter.ctx.runtime, "if_expr", [rewriter.expression(node.test), *sides], node)
