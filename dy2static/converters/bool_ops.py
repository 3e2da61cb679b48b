"""`and`, `or`, `not`, chained comparisons, `in`: what decides by truth value, or stops early."""

import ast

from dy2static.converters import list_display
from dy2static.converters.build import call, constant, thunk, tuple_of
from dy2static.converters.rewrite import Rewriter

SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def convert_bool_op(node: ast.BoolOp, rewriter: Rewriter) -> ast.expr:
    """`a and b` -> `_rt.and_(a, lambda: b)`; `or` the same."""
    name = "and_" if isinstance(node.op, ast.And) else "or_"
    first, *others = rewriter.expressions(node.values)
    return call(rewriter.ctx.runtime, name, [first, *(thunk(other, other) for other in others)], node)


def convert_unary_op(node: ast.UnaryOp, rewriter: Rewriter) -> ast.expr:
    """`not a` -> `_rt.not_(a)`; signs and `~` stay."""
    node.operand = rewriter.expression(node.operand)
    if not isinstance(node.op, ast.Not):
        return node
    return call(rewriter.ctx.runtime, "not_", [node.operand], node)


def convert_compare(node: ast.Compare, rewriter: Rewriter) -> ast.expr:
    """`a < b < c` -> `_rt.compare_chain(a, ('<', lambda: b), ('<', lambda: c))`; `a in b` -> `_rt.in_(a, b)`;
    `a is None` -> `_rt.is_(a, None)`; `a == b` -> `_rt.equal(a, b)`, but for a number or text that is written out;
    `a < (b, c)` -> `_rt.ordered(a, '<', (b, c))`.

    Other single comparisons stay: operators know staged values.
    """
    if len(node.ops) > 1:
        return convert_chain(node, rewriter)
    node.left = rewriter.expression(node.left)
    match node.ops[0]:
        case ast.In() | ast.NotIn():
            return convert_membership(node, rewriter)
        case (ast.Is() | ast.IsNot()) as op:
            name = "is_" if isinstance(op, ast.Is) else "is_not"
            return call(rewriter.ctx.runtime, name, [node.left, rewriter.expression(node.comparators[0])], node)
        case op:
            right = node.comparators[0] = rewriter.expression(node.comparators[0])
            if not isinstance(op, ast.Eq | ast.NotEq):
                has_tuple = isinstance(node.left, ast.Tuple) or isinstance(right, ast.Tuple)
                symbol = constant(SYMBOLS[type(op)], node)
                return call(rewriter.ctx.runtime, "ordered", [node.left, symbol, right], node) if has_tuple else node
            if isinstance(right, ast.Constant):
                return node
            name = "equal" if isinstance(op, ast.Eq) else "unequal"
            return call(rewriter.ctx.runtime, name, [node.left, right], node)


def convert_membership(node: ast.Compare, rewriter: Rewriter) -> ast.expr:
    """`item in container`, with the item converted already; a list written out is never changed, so it stays."""
    runtime = rewriter.ctx.runtime
    container = list_display.plain(node.comparators[0], rewriter)
    found = call(runtime, "in_", [node.left, container], node)
    return found if isinstance(node.ops[0], ast.In) else call(runtime, "not_", [found], node)


def convert_chain(node: ast.Compare, rewriter: Rewriter) -> ast.expr:
    links: list[ast.expr] = []
    for op, right in zip(node.ops, node.comparators, strict=True):
        links.append(tuple_of([constant(SYMBOLS[type(op)], right), thunk(rewriter.expression(right), right)], right))
    return call(rewriter.ctx.runtime, "compare_chain", [rewriter.expression(node.left), *links], node)
