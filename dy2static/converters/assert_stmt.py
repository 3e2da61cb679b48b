"""`assert`."""

import ast

from dy2static.converters.build import call, statement, thunk
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Assert, rewriter: Rewriter) -> list[ast.stmt]:
    """`assert test, message` -> `_rt.assert_(lambda: test, lambda: message)`; nothing under `python -O`, as there."""
    if not __debug__:
        return [ast.copy_location(ast.Pass(), node)]
    parts = [node.test] if node.msg is None else [node.test, node.msg]
    thunks = [thunk(rewriter.expression(part), part) for part in parts]
    return [statement(call(rewriter.ctx.runtime, "assert_", thunks, node), node)]
