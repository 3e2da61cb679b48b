"""`if`, `elif`, `else`."""

import ast

from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import load
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.If, rewriter: Rewriter) -> list[ast.stmt]:
    """Both branches become functions of the names that come in; the names that go out are assigned from the result.

    `if t: ... else: ...` -> `def then(x): ...`, `def orelse(x): ...`, `(y,) = _rt.if_(t, then, orelse, (x,), ('y',))`
    """
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    test = rewriter.expression(node.test)
    then, orelse = names.fresh("then"), names.fresh("orelse")
    return [
        maker.make(then, [], maker.giving_back(rewriter.block(node.body))),
        maker.make(orelse, [], maker.giving_back(rewriter.block(node.orelse))),
        maker.call("if_", [test, load(then, node), load(orelse, node), maker.inputs(), maker.output_names()]),
    ]
