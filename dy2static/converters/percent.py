"""Texts that are filled in by `%`."""

import ast

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.BinOp, rewriter: Rewriter) -> ast.expr:
    """`"a %s" % b` -> `_rt.percent("a %s", b)`; other operators stay."""
    rewriter.parts(node)
    match node:
        case ast.BinOp(ast.Constant(str()), ast.Mod(), values):
            return call(rewriter.ctx.runtime, "percent", [node.left, values], node)
        case _:
            return node
