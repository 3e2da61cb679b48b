"""`while`."""

import ast

from dy2static.analysis.counting import counters
from dy2static.analysis.escapes import unwrapped
from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import load, values_tuple
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.While, rewriter: Rewriter) -> list[ast.stmt]:
    """Test and body become functions of the loop's state, which goes in and comes out.

    `while t: ...` -> `def test(a): ...`, `def body(a): ...`, `(a,) = _rt.while_(test, body, (a,), ('a',))`. What the
    body counts with is named: `counters=('a',)`.
    """
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    test, body = names.fresh("test"), names.fresh("body")
    counts = [name for name in counters(unwrapped(node.body)) if name in maker.carried.outputs]
    keywords = [ast.keyword("counters", values_tuple(counts, node), **maker.place)] if counts else []
    return [
        maker.make(test, [], returning=rewriter.expression(node.test)),
        maker.make(body, rewriter.block(node.body)),
        maker.call("while_", [load(test, maker.place), load(body, maker.place), *maker.state()], keywords),
    ]
