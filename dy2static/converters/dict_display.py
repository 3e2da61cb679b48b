"""Displays of dicts and sets."""

import ast

from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Dict | ast.Set, rewriter: Rewriter) -> ast.expr:
    """`{k: v}` -> `_rt.new({k: v})`, `{a, b}` -> `_rt.new({a, b})`: what a block makes is its own to fill."""
    rewriter.parts(node)
    return call(rewriter.ctx.runtime, "new", [node], node)
