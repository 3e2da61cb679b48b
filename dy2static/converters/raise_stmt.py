"""`raise`."""

import ast

from dy2static.converters.build import call, statement
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Raise, rewriter: Rewriter) -> list[ast.stmt]:
    """`raise error from cause` -> `_rt.raise_(error, cause)`; a bare `raise` -> `_rt.raise_again()`."""
    if node.exc is None:
        return [statement(call(rewriter.ctx.runtime, "raise_again", [], node), node)]
    parts = [node.exc] if node.cause is None else [node.exc, node.cause]
    return [statement(call(rewriter.ctx.runtime, "raise_", rewriter.expressions(parts), node), node)]
