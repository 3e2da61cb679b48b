"""`for`."""

import ast

from dy2static.analysis.flow import is_stop_test
from dy2static.converters import list_display
from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import assign, load, values_tuple
from dy2static.converters.outer_names import is_outer
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.For, rewriter: Rewriter) -> list[ast.stmt]:
    """The body becomes a function of the item and the loop's state.

    `for i in xs: ...` -> `def body(i, a): ...`, `(a,) = _rt.for_(xs, body, (a,), ('a',))`. The flags that end the loop
    early, whose test `jumps` left at the end of the body, are named: `stop=('did_break',)`.
    """
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    statements, flags = split_stop(node.body)
    items = list_display.plain(node.iter, rewriter)
    item, body = item_name(node.target, maker, rewriter), names.fresh("body")
    start: list[ast.stmt] = []
    if not (isinstance(node.target, ast.Name) and node.target.id == item):
        start = rewriter.statement(assign(node.target, load(item, node.target), node.target))
    made = maker.make(body, start + rewriter.block(statements), item)
    keywords = [ast.keyword("stop", values_tuple(flags, maker.place), **maker.place)] if flags else []
    return [made, maker.call("for_", [items, load(body, maker.place), *maker.state()], keywords)]


def item_name(target: ast.expr, maker: BlockMaker, rewriter: Rewriter) -> str:
    """The body's first parameter: the target itself, where it is a name of the body alone."""
    if isinstance(target, ast.Name):
        is_shared = target.id in rewriter.flow.captured or is_outer(target.id, rewriter)
        if not is_shared and target.id not in maker.carried.inputs:
            return target.id
    return rewriter.ctx.names.fresh("item")


def split_stop(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[str]]:
    """The body without its stop test, and the flags that are tested there."""
    last = body[-1]
    if not is_stop_test(last):
        return body, []
    flags = last.test.values if isinstance(last.test, ast.BoolOp) else [last.test]
    return body[:-1], [flag.id for flag in flags if isinstance(flag, ast.Name)]
