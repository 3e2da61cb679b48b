"""One converter per construct, and the order in which they work.

First the pipeline: what cannot be converted is refused, early exits become flags and nesting. Then one walk hands each
statement and expression to its converter, with the facts of `analysis.flow` about the function that the walk is in.
"""

import ast
from typing import Any

from dy2static.converters import (
    assert_stmt,
    bin_op,
    bool_ops,
    calls,
    comprehensions,
    del_stmt,
    dict_display,
    f_strings,
    for_stmt,
    functions,
    generators,
    if_expr,
    if_stmt,
    items,
    jumps,
    list_display,
    match_stmt,
    raise_stmt,
    special_attributes,
    starred,
    steps,
    stores,
    try_stmt,
    undefined,
    walrus,
    while_stmt,
    with_stmt,
)
from dy2static.converters.context import ConvertContext
from dy2static.converters.rewrite import Converters, Rewriter

STATEMENTS: dict[type[ast.AST], Any] = {
    ast.AnnAssign: stores.convert_annotated,
    ast.Assert: assert_stmt.convert,
    ast.Assign: stores.convert_assign,
    ast.AugAssign: stores.convert_augmented,
    ast.Delete: del_stmt.convert,
    ast.For: for_stmt.convert,
    ast.FunctionDef: functions.convert_definition,
    ast.Global: functions.drop_declaration,
    ast.If: if_stmt.convert,
    ast.Nonlocal: functions.drop_declaration,
    ast.Raise: raise_stmt.convert,
    ast.Try: try_stmt.convert,
    ast.While: while_stmt.convert,
    ast.With: with_stmt.convert,
}
EXPRESSIONS: dict[type[ast.AST], Any] = {
    ast.Attribute: special_attributes.convert,
    ast.BinOp: bin_op.convert,
    ast.BoolOp: bool_ops.convert_bool_op,
    ast.Call: calls.convert,
    ast.Compare: bool_ops.convert_compare,
    ast.Dict: dict_display.convert,
    ast.DictComp: comprehensions.convert,
    ast.GeneratorExp: comprehensions.convert,
    ast.IfExp: if_expr.convert,
    ast.JoinedStr: f_strings.convert,
    ast.Lambda: functions.convert_lambda,
    ast.List: list_display.convert,
    ast.ListComp: comprehensions.convert,
    ast.Name: undefined.convert,
    ast.Set: dict_display.convert,
    ast.SetComp: comprehensions.convert,
    ast.Starred: starred.convert,
    ast.Subscript: items.convert,
    ast.UnaryOp: bool_ops.convert_unary_op,
}
CONVERTERS = Converters(STATEMENTS, EXPRESSIONS)


def rewrite(function: ast.FunctionDef, ctx: ConvertContext) -> ast.FunctionDef:
    """Hands each part of `function` to its converter."""
    functions.convert_body(function, Rewriter.of(function, ctx, CONVERTERS))
    return function


SUGAR = (
    ((ast.Match,), match_stmt.convert),  # first: guards may have `:=` in them, and become operands of `and`
    ((ast.NamedExpr,), walrus.convert),
    ((ast.Yield, ast.YieldFrom), generators.convert),
)
"""What is written out as other constructs before names are looked at, each with the classes that ask for it."""
PIPELINE = (
    jumps.convert,  # before all others: only then does every block run to its end, so that it can be a function
    steps.convert,  # behind it: what leaves a block early runs to the end of it by now
    rewrite,  # inner constructs before the function around them is made; their order by kind does not matter
)
