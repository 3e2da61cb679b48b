"""List displays, and the parts of comprehensions that stay as they are."""

import ast

from dy2static.converters import starred
from dy2static.converters.build import call
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.List, rewriter: Rewriter) -> ast.expr:
    """`[a, b]` -> `_rt.list_([a, b])`: staged code may grow it."""
    if starred.is_in(node):
        return starred.convert_list(node, rewriter)
    return call(rewriter.ctx.runtime, "list_", [plain(node, rewriter)], node)


def plain(node: ast.expr, rewriter: Rewriter) -> ast.expr:
    """Converts `node`, but leaves a list written out a plain list: for where nothing can hold on to it."""
    match node:
        case ast.List() if not starred.is_in(node):
            rewriter.parts(node)
            return node
        case _:
            return rewriter.expression(node)


def convert_parts(node: ast.expr, rewriter: Rewriter) -> None:
    """Converts what is inside a comprehension; lists that it runs over stay plain."""
    match node:
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            convert_generators(node.generators, rewriter)
            node.elt = rewriter.expression(node.elt)
        case ast.DictComp():
            convert_generators(node.generators, rewriter)
            node.key = rewriter.expression(node.key)
            node.value = rewriter.expression(node.value)
        case _:
            rewriter.parts(node)


def convert_generators(generators: list[ast.comprehension], rewriter: Rewriter) -> None:
    for generator in generators:
        generator.iter = plain(generator.iter, rewriter)
        generator.ifs = rewriter.expressions(generator.ifs)
