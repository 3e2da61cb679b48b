"""`while`."""

import ast

from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import load, returns
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.While, rewriter: Rewriter) -> list[ast.stmt]:
    """Test and body become functions of the loop's state, which goes in and comes out.

    `while t: ...` -> `def test(a): ...`, `def body(a): ...`, `(a,) = _rt.while_(test, body, (a,), ('a',))`
    """
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    test, body = names.fresh("test"), names.fresh("body")
    return [
        maker.make(test, [], [returns(rewriter.expression(node.test), node.test)]),
        maker.make(body, [], maker.giving_back(rewriter.block(node.body))),
        maker.call("while_", [load(test, node), load(body, node), maker.inputs(), maker.output_names()]),
    ]
