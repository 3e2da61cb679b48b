"""`*items` in a call, a list, a tuple or a set."""

import ast

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Starred, rewriter: Rewriter) -> ast.expr:
    """`*items` -> `*_rt.spread(items)`; a target stays."""
    node.value = rewriter.expression(node.value)
    if isinstance(node.ctx, ast.Load):
        node.value = call(rewriter.ctx.runtime, "spread", [node.value], node)
    return node
