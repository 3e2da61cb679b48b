"""Which lambda of a file a code object is: told by the positions of its instructions."""

import ast
import copy
from collections.abc import Sequence
from types import CodeType

from dy2static.analysis.survey import parameters
from dy2static.source.parsed_file import functions_in

Span = tuple[tuple[int, int], tuple[int, int]]


def find_lambda(code: CodeType, lines: Sequence[str]) -> ast.Lambda | None:
    """The lambda that `code` was compiled from; None when the file has none there, or several that look alike."""
    lambdas = [node for node in functions_in("".join(lines)) if isinstance(node, ast.Lambda)]
    found = [node for node in lambdas if node.lineno == code.co_firstlineno and has_parameters(node, code)]
    span = span_of(code)
    if span is not None:
        found = [node for node in found if covers(node, span)]
        # A lambda inside another one lies in both; the inner one has the smaller body.
        found.sort(key=lambda node: span_of_node(node.body), reverse=True)
        return copy.deepcopy(found[0]) if found else None
    found = [node for node in found if compiles_to(node, code)] or found
    return copy.deepcopy(found[0]) if len({ast.dump(node) for node in found}) == 1 else None


def compiles_to(node: ast.Lambda, code: CodeType) -> bool:
    """Whether the lambda alone gives the instructions and values of `code`. One with a closure never does."""
    made = compile(ast.Expression(copy.deepcopy(node)), "", "eval").co_consts[0]
    assert isinstance(made, CodeType)
    return (made.co_code, made.co_consts, made.co_names) == (code.co_code, code.co_consts, code.co_names)


def has_parameters(node: ast.Lambda, code: CodeType) -> bool:
    """Compares the number of parameters of each kind: their names may be spelled by the class around them."""
    arguments = node.args
    return (
        len(arguments.posonlyargs) == code.co_posonlyargcount
        and len(arguments.posonlyargs) + len(arguments.args) == code.co_argcount
        and len(arguments.kwonlyargs) == code.co_kwonlyargcount
        and len(parameters(arguments))
        == code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    )


def span_of(code: CodeType) -> Span | None:
    """From the first to the last character that instructions of `code` come from; None when columns are not known."""
    starts: list[tuple[int, int]] = []
    ends: list[tuple[int, int]] = []
    for line, end_line, column, end_column in code.co_positions():
        if line is None or end_line is None or column is None or end_column is None:
            continue
        start, end = (line, column), (end_line, end_column)
        if start != end:  # set-up instructions have no extent
            starts.append(start)
            ends.append(end)
    return (min(starts), max(ends)) if starts else None


def span_of_node(node: ast.expr) -> Span:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


def covers(node: ast.Lambda, span: Span) -> bool:
    start, end = span_of_node(node.body)
    return start <= span[0] and span[1] <= end
