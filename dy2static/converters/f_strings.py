"""f-strings."""

import ast

from dy2static.converters.build import call, constant, tuple_of
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.JoinedStr, rewriter: Rewriter) -> ast.expr:
    """`f"a {b!r:c}"` -> `_rt.fstring('a ', (b, 'r', 'c'))`; one without values stays."""
    if not any(isinstance(part, ast.FormattedValue) for part in node.values):
        return node
    parts = [
        formatted(part, rewriter) if isinstance(part, ast.FormattedValue) else rewriter.expression(part)
        for part in node.values
        if not is_empty(part)
    ]
    return call(rewriter.ctx.runtime, "fstring", parts, node)


def is_empty(part: ast.expr) -> bool:
    """Some versions of Python put an empty text behind the last value."""
    return isinstance(part, ast.Constant) and part.value == ""


def formatted(part: ast.FormattedValue, rewriter: Rewriter) -> ast.expr:
    conversion = "" if part.conversion == -1 else chr(part.conversion)
    return tuple_of([rewriter.expression(part.value), constant(conversion, part), spec_of(part, rewriter)], part)


def spec_of(part: ast.FormattedValue, rewriter: Rewriter) -> ast.expr:
    match part.format_spec:
        case None:
            return constant("", part)
        case ast.JoinedStr(values=[ast.Constant() as text]):
            return text
        case spec:
            return rewriter.expression(spec)
