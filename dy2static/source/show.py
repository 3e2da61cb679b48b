"""Converted code as text, alone or with the user's line numbers."""

import ast
import io
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from dy2static.analysis.survey import parameters

NEWER = tuple(
    getattr(ast, name)
    for name in ("Match", "TryStar", "TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple", "TemplateStr")
    if hasattr(ast, name)
)
"""Syntax that astunparse does not know."""


def code(tree: ast.FunctionDef) -> str:
    """The text of a tree, ending in a newline."""
    if any(is_newer(node) for node in ast.walk(tree)):
        return ast.unparse(tree) + "\n"
    text = io.StringIO()
    printer()(tree, file=text)
    return text.getvalue().strip("\n") + "\n"


@cache
def printer() -> Callable[..., Any]:
    """astunparse's printer, without blanks in `lambda :` and `- 1`, and without names that newer `ast` lacks."""
    import astunparse

    base: Any = astunparse.Unparser  # pyright: ignore[reportUnknownMemberType]
    ours = {"_Attribute": print_attribute, "_Lambda": print_lambda, "_UnaryOp": print_unary_op}
    return type("Printer", (base,), ours)


def print_attribute(printer: Any, node: ast.Attribute) -> None:
    printer.dispatch(node.value)
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, int):
        printer.write(" ")
    printer.write("." + node.attr)


def print_lambda(printer: Any, node: ast.Lambda) -> None:
    printer.write("(lambda")
    if parameters(node.args):
        printer.write(" ")
        printer.dispatch(node.args)
    printer.write(": ")
    printer.dispatch(node.body)
    printer.write(")")


def print_unary_op(printer: Any, node: ast.UnaryOp) -> None:
    printer.write("(" + printer.unop[type(node.op).__name__] + (" " if isinstance(node.op, ast.Not) else ""))
    printer.dispatch(node.operand)
    printer.write(")")


def is_newer(node: ast.AST) -> bool:
    """Also a slice among several indices: astunparse puts brackets around them, where it means nothing."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        return any(isinstance(part, ast.Slice | ast.Starred) for part in node.slice.elts)
    return isinstance(node, NEWER)


def numbered(tree: ast.FunctionDef) -> str:
    """The text of a tree with the line of the user's file that each statement stands for beside it."""
    text = code(tree)
    lines = text.splitlines()
    user_lines: list[int | None] = [None] * (len(lines) + 1)
    printed = ast.parse(text).body[0]
    for shown, original in zip(statements(printed), statements(tree), strict=True):
        user_lines[shown.lineno] = original.lineno
    width = len(str(max((line for line in user_lines if line is not None), default=0)))
    return "".join(
        f"{'' if user_lines[i] is None else user_lines[i]:>{width}} | {line}".rstrip() + "\n"
        for i, line in enumerate(lines, 1)
    )


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements below `node` and itself, in the order of the text."""
    if isinstance(node, ast.stmt):
        yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield from statements(child)
