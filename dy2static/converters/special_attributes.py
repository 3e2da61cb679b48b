"""`x.__class__` and `x.__dict__`."""

import ast
from typing import Final

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter

READ_BY: Final = {"__class__": "class_of", "__dict__": "attributes_of"}
"""The functions of the runtime that read attributes of these names."""


def convert(node: ast.Attribute, rewriter: Rewriter) -> ast.expr:
    """`x.__class__` -> `_rt.class_of(x)`, `x.__dict__` -> `_rt.attributes_of(x)`; attributes of other names stay."""
    node.value = rewriter.expression(node.value)
    if node.attr not in READ_BY or not isinstance(node.ctx, ast.Load):
        return node
    return call(rewriter.ctx.runtime, READ_BY[node.attr], [node.value], node)
