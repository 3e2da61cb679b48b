"""Compound statements in a `try` or `with`: their blocks become steps too, as they may change something and then fail.

    try:                            try:
        for x in xs:                    for x in xs:
            a.append(x)     ->              try:
            b = b / x                           a.append(x)
    except ZeroDivisionError:                   b = b / x
        ...                             ...

A `try` that does nothing but to have a body stands for a block of steps (`escapes.is_steps`); `try_stmt` makes the call
of the runtime of it. What comes before the blocks, the test of an `if` and the items of a `for`, is marked as a head
where it may fail.
"""

import ast
from collections.abc import Sequence
from typing import Final

from dy2static.analysis.escapes import blocks_of
from dy2static.analysis.flow import is_stop_test
from dy2static.converters.build import call, position
from dy2static.converters.calls import global_path
from dy2static.converters.context import ConvertContext
from dy2static.converters.try_stmt import cannot_fail, groups_of

HARMLESS: Final = (
    ast.Attribute,
    ast.BoolOp,
    ast.Compare,
    ast.Constant,
    ast.List,
    ast.Name,
    ast.Tuple,
    ast.UnaryOp,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
    ast.unaryop,
)
"""What fails at once if it does, and not when the graph runs."""
ITERATING: Final = ("enumerate", "range", "reversed", "zip")


def convert(function: ast.FunctionDef, ctx: ConvertContext) -> ast.FunctionDef:
    """Makes steps in `function` and in all functions inside it."""
    _find(function.body, ctx)
    return function


def _find(block: Sequence[ast.stmt], ctx: ConvertContext) -> None:
    """Look for `try` and `with` in code that stands in none."""
    for statement in block:
        match statement:
            case ast.FunctionDef():
                _find(statement.body, ctx)
            case ast.Try():
                _inside(statement.body, ctx)
                for other in blocks_of(statement)[1:]:
                    _find(other, ctx)
            case ast.With() if _may_catch(statement.items[0].context_expr, ctx):
                _inside(statement.body, ctx)
            case _:
                for inner in blocks_of(statement):
                    _find(inner, ctx)


def _may_catch(manager: ast.expr, ctx: ConvertContext) -> bool:
    """Whether an exception may be seen by a manager, or by others than those that Python itself tells."""
    path = global_path(manager.func, ctx) if isinstance(manager, ast.Call) else None
    return path is None or ctx.meanings.may_catch(path)


def _inside(block: Sequence[ast.stmt], ctx: ConvertContext) -> None:
    """Make steps of the blocks in the statements of a block that is one of steps itself."""
    for statement in block:
        match statement:
            case ast.FunctionDef():
                _find(statement.body, ctx)
            case ast.If() if all(map(_is_one_step, blocks_of(statement))):
                pass
            case ast.If():
                statement.test = _head(statement.test, ctx)
                _wrap(statement.body, ctx)
                _wrap(statement.orelse, ctx)
            case ast.For():
                statement.iter = _items(statement.iter, ctx)
                _wrap(statement.body, ctx)
            case ast.While():
                _wrap(statement.body, ctx)
            case ast.With():
                _inside(statement.body, ctx)
            case ast.Try():
                _inside(statement.body, ctx)
                for other in blocks_of(statement)[1:]:
                    _wrap(other, ctx)
            case _:
                pass


def _is_one_step(block: Sequence[ast.stmt]) -> bool:
    """Whether nothing in a block comes before something else that may fail."""
    return len(groups_of(block)) <= 1 and not any(map(blocks_of, block)) and not _defines(block)


def _defines(block: Sequence[ast.stmt]) -> bool:
    return any(isinstance(statement, ast.FunctionDef) for statement in block)


def _wrap(block: list[ast.stmt], ctx: ConvertContext) -> None:
    """Make a block one of steps, but for the stop test of a loop."""
    last = len(block) - 1 if block and is_stop_test(block[-1]) else len(block)
    done = block[:last]
    _inside(done, ctx)
    if not all(map(cannot_fail, done)):
        block[:last] = [ast.Try(done, [], [], [], **position(done[0]))]


def _head(test: ast.expr, ctx: ConvertContext) -> ast.expr:
    """A part of a statement that comes before its blocks: `_rt.head(test)`, where it may fail when the graph runs."""
    parts = list(ast.walk(test))
    if all(isinstance(part, HARMLESS) for part in parts) or any(isinstance(part, ast.NamedExpr) for part in parts):
        return test  # `:=` binds a name of the function: it cannot stand in one of its own
    return call(ctx.runtime, "head", [test], test)


def _items(items: ast.expr, ctx: ConvertContext) -> ast.expr:
    """The same for what a `for` goes over."""
    match items:
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in ITERATING and ctx.is_builtin(name):
            items.args = [_items(argument, ctx) for argument in items.args]
            return items
        case _:
            return _head(items, ctx)
