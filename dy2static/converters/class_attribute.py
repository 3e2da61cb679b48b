"""`x.__class__`."""

import ast

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Attribute, rewriter: Rewriter) -> ast.expr:
    """`x.__class__` -> `_rt.class_of(x)`; other attributes stay."""
    node.value = rewriter.expression(node.value)
    if node.attr != "__class__" or not isinstance(node.ctx, ast.Load):
        return node
    return call(rewriter.ctx.runtime, "class_of", [node.value], node)
