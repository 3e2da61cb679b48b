"""`for`."""

import ast

from dy2static.analysis.flow import is_stop_test
from dy2static.converters import list_display
from dy2static.converters.blocks import BlockMaker
from dy2static.converters.build import assign, load, position, returns
from dy2static.converters.outer_names import is_outer
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.For, rewriter: Rewriter) -> list[ast.stmt]:
    """The body becomes a function of the item and the loop's state.

    `for i in xs: ...` -> `def body(i, a): ...`, `(a,) = _rt.for_(xs, body, (a,), ('a',))`. What ends the loop early, as
    `jumps` left it at the end of the body, becomes `def stop(a): ...`.
    """
    names = rewriter.ctx.names
    maker = BlockMaker(rewriter, rewriter.flow.carried[node], node)
    statements, stop_test = split_stop(node.body)
    items = list_display.plain(node.iter, rewriter)
    item, body, stop = item_name(node.target, maker, rewriter), names.fresh("body"), names.fresh("stop")
    start: list[ast.stmt] = []
    if not (isinstance(node.target, ast.Name) and node.target.id == item):
        start = rewriter.statement(assign(node.target, load(item, node.target), node.target))
    done: list[ast.stmt] = [maker.make(body, [item], maker.giving_back(start + rewriter.block(statements)))]
    arguments = [items, load(body, node), maker.inputs(), maker.output_names()]
    keywords: list[ast.keyword] = []
    if stop_test is not None:
        done.append(maker.make(stop, [], [returns(rewriter.expression(stop_test), node)]))
        keywords.append(ast.keyword("stop", load(stop, node), **position(node)))
    return [*done, maker.call("for_", arguments, keywords)]


def item_name(target: ast.expr, maker: BlockMaker, rewriter: Rewriter) -> str:
    """The body's first parameter: the target itself, where it is a name of the body alone."""
    if isinstance(target, ast.Name):
        is_shared = target.id in rewriter.flow.captured or is_outer(target.id, rewriter)
        if not is_shared and target.id not in maker.carried.inputs:
            return target.id
    return rewriter.ctx.names.fresh("item")


def split_stop(body: list[ast.stmt]) -> tuple[list[ast.stmt], ast.expr | None]:
    """The body without its stop test, and that test."""
    last = body[-1]
    return (body[:-1], last.test) if is_stop_test(last) else (body, None)
