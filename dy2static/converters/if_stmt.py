"""`if`, `elif`, `else`."""

import ast

from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import constant, load
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.If, rewriter: Rewriter) -> list[ast.stmt]:
    """Both branches become functions of the names that come in; the names that go out are assigned from the result.

    `if t: ... else: ...` -> `def then(x): ...`, `def orelse(x): ...`, `(y,) = _rt.if_(t, then, orelse, (x,), ('y',))`;
    without `else`, `_rt.if_(t, then, None, (y, x), ('y',))`, where the names that go out come in first.
    """
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    test = rewriter.expression(node.test)
    then, orelse = names.fresh("then"), names.fresh("orelse")
    done: list[ast.stmt] = [maker.make(then, rewriter.block(node.body))]
    otherwise: ast.expr = constant(None, maker.place)
    if node.orelse:
        done.append(maker.make(orelse, rewriter.block(node.orelse)))
        otherwise = load(orelse, maker.place)
    return [*done, maker.call("if_", [test, load(then, maker.place), otherwise, *maker.state()])]
