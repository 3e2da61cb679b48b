"""`with`."""

import ast

from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import assign, load
from dy2static.converters.rewrite import Rewriter
from dy2static.converters.try_stmt import groups_of, is_own, state_of, step_functions, watched


def convert(node: ast.With, rewriter: Rewriter) -> list[ast.stmt]:
    """The body becomes functions of the names that it binds, one for each step in it; the first takes what the manager
    gives, too.

    `with manager as x: ...` -> `def inside(x): ...`, `_rt.with_(manager, inside, (), (), (), lambda: ())`
    """
    (item,) = node.items
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    manager = rewriter.expression(item.context_expr)
    entered, inside = names.fresh("entered"), names.fresh("inside")
    start: list[ast.stmt] = []
    match item.optional_vars:
        case None:
            pass
        case ast.Name(id=name) if is_own(name, maker, rewriter):
            entered = name
        case target:
            start = rewriter.statement(assign(target, load(entered, target), target))
    first, *others = groups_of(node.body)
    done: list[ast.stmt] = [maker.make(inside, start + rewriter.block(first), entered)]
    steps = step_functions(others, maker, rewriter, done)
    return [*done, maker.call("with_", [manager, load(inside, node), steps, *state_of(maker)], watched(maker))]
