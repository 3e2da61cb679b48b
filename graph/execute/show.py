"""Statements as text, one a line, and the line that each is on: tracebacks of a program must point into its source."""

import ast
import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final, cast

INDENT = "    "
_PLACED: Final = (ast.expr, ast.arguments, ast.arg, ast.keyword)


def number_lines(body: Sequence[ast.stmt], first: int) -> int:
    """Give each statement, and the expressions in it, its line in the text that `lines_of` makes when the text begins
    at line `first`.

    Returns the line after the last one.
    """
    line = first
    for statement in body:
        _place(statement, line)
        line += 1
        match statement:
            case ast.If():
                line = number_lines(statement.body, line)
                inner = _only_if(statement.orelse)
                if inner is not None:
                    line = number_lines([inner], line)
                elif statement.orelse:
                    line = number_lines(statement.orelse, line + 1)
            case ast.While() | ast.For() | ast.FunctionDef():
                line = number_lines(statement.body, line)
            case _:
                pass
    return line


def _place(statement: ast.stmt, line: int) -> None:
    """As `ast.fix_missing_locations`, which takes as long as compiling does, for what is not in blocks."""
    pending: list[Any] = [statement]
    while pending:
        node = pending.pop()
        found: list[Any] = list(node.__dict__.values())
        node.lineno = node.end_lineno = line
        node.col_offset = node.end_col_offset = 0
        for part in found:
            for child in cast("list[Any]", part) if isinstance(part, list) else (part,):
                if isinstance(child, _PLACED) and "lineno" not in child.__dict__:
                    pending.append(child)


def _only_if(body: Sequence[ast.stmt]) -> ast.If | None:
    return body[0] if len(body) == 1 and isinstance(body[0], ast.If) else None


def lines_of(body: Sequence[ast.stmt], indent: str = "", *, first: str = "if") -> Iterator[str]:
    """The lines of a block; `first` is the word that an `if` at its head begins with."""
    for statement in body:
        match statement:
            case ast.If():
                yield f"{indent}{first} {expression(statement.test)}:"
                yield from lines_of(statement.body, indent + INDENT)
                inner = _only_if(statement.orelse)
                if inner is not None:
                    yield from lines_of([inner], indent, first="elif")
                elif statement.orelse:
                    yield f"{indent}else:"
                    yield from lines_of(statement.orelse, indent + INDENT)
            case ast.While():
                yield f"{indent}while {expression(statement.test)}:"
                yield from lines_of(statement.body, indent + INDENT)
            case ast.For():
                yield f"{indent}for {expression(statement.target)} in {expression(statement.iter)}:"
                yield from lines_of(statement.body, indent + INDENT)
            case ast.FunctionDef():
                yield f"{indent}def {statement.name}({', '.join(a.arg for a in statement.args.args)}):"
                yield from lines_of(statement.body, indent + INDENT)
            case _:
                yield indent + _unparse(statement)


def expression(node: ast.expr) -> str:
    """An expression as text, without the outer parentheses that astunparse writes."""
    text = _unparse(node)
    inner = text[1:-1]
    if not (text.startswith("(") and isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp | ast.IfExp)):
        return text
    return inner


def _unparse(node: ast.AST) -> str:
    """The text of a node by astunparse; by `ast` itself for syntax newer than astunparse knows."""
    if isinstance(node, ast.Assign):
        return " = ".join([*(_target(t) for t in node.targets), expression(node.value)])
    text = io.StringIO()
    try:
        _printer()(node, file=text)
        return text.getvalue().strip()
    except (AttributeError, NotImplementedError):
        return ast.unparse(node)


@cache
def _printer() -> Callable[..., Any]:
    """astunparse's printer, without names that newer `ast` lacks."""
    import astunparse

    base: Any = astunparse.Unparser  # pyright: ignore[reportUnknownMemberType]
    return type("Printer", (base,), {"_Attribute": _print_attribute})


def _print_attribute(printer: Any, node: ast.Attribute) -> None:
    printer.dispatch(node.value)
    printer.write("." + node.attr)


def _target(node: ast.expr) -> str:
    """`a, b = ...` reads better than `(a, b) = ...`."""
    text = _unparse(node)
    return text[1:-1] if isinstance(node, ast.Tuple) and len(node.elts) > 1 and text.startswith("(") else text
