"""Functions inside functions: nested definitions and lambdas, converted in place."""

import ast
from collections.abc import Sequence

from dy2static.converters.build import Located, position
from dy2static.converters.outer_names import owned
from dy2static.converters.rewrite import Rewriter
from dy2static.converters.undefined import starts


def convert_definition(node: ast.FunctionDef, rewriter: Rewriter) -> list[ast.stmt]:
    """Decorators and defaults belong to the function around; annotations stay as they are."""
    node.decorator_list = rewriter.expressions(node.decorator_list)
    convert_defaults(node.args, rewriter)
    convert_body(node, rewriter.inside(node))
    return [node]


def convert_lambda(node: ast.Lambda, rewriter: Rewriter) -> ast.expr:
    convert_defaults(node.args, rewriter)
    node.body = rewriter.inside_lambda(node).expression(node.body)
    return node


def convert_defaults(arguments: ast.arguments, rewriter: Rewriter) -> None:
    arguments.defaults = rewriter.expressions(arguments.defaults)
    arguments.kw_defaults = [
        None if default is None else rewriter.expression(default) for default in arguments.kw_defaults
    ]


def convert_body(node: ast.FunctionDef, rewriter: Rewriter) -> None:
    """Converts the body; names that start unbound are set up behind the docstring."""
    docstring, statements = split_docstring(node.body)
    converted = rewriter.block(statements)
    start = starts(rewriter.flow.undefined, rewriter.ctx.runtime, first_line(node, statements))
    start += owned(rewriter.ctx.scopes[node].written_inside(), rewriter, first_line(node, statements))
    node.body = [*docstring, *start, *converted] or [ast.Pass(**position(node))]


def first_line(node: ast.FunctionDef, statements: Sequence[ast.stmt]) -> Located:
    return statements[0] if statements else node


def split_docstring(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *_]:
            return body[:1], body[1:]
        case _:
            return [], body


def drop_declaration(node: ast.Global | ast.Nonlocal, rewriter: Rewriter) -> list[ast.stmt]:
    """A declared name that is only read needs no declaration; one that is bound goes through `outer_names`."""
    return [ast.Pass(**position(node))]
