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


def is_in(node: ast.List) -> bool:
    """Whether there are items to spread out in a list that is written out."""
    return any(isinstance(item, ast.Starred) for item in node.elts)


def convert_list(node: ast.List, rewriter: Rewriter) -> ast.expr:
    """`[a, *items]` -> `_rt.joined([a, *_rt.part(items)])`: the graph alone may know how many items there are."""
    for i, item in enumerate(node.elts):
        if isinstance(item, ast.Starred):
            item.value = call(rewriter.ctx.runtime, "part", [rewriter.expression(item.value)], item)
        else:
            node.elts[i] = rewriter.expression(item)
    return call(rewriter.ctx.runtime, "joined", [node], node)
