"""f-strings."""

import ast

from dy2static.converters.build import call, constant
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.JoinedStr, rewriter: Rewriter) -> ast.expr:
    """`f"a {b!r:c}"` -> `_rt.fstring('a ', _rt.formatted(b, 'r', 'c'))`; one without values stays."""
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
    arguments = [rewriter.expression(part.value)]
    if part.conversion != -1 or part.format_spec is not None:
        arguments.append(constant("" if part.conversion == -1 else chr(part.conversion), part))
    if part.format_spec is not None:
        arguments.append(spec_of(part.format_spec, rewriter))
    return call(rewriter.ctx.runtime, "formatted", arguments, part)


def spec_of(spec: ast.expr, rewriter: Rewriter) -> ast.expr:
    match spec:
        case ast.JoinedStr(values=[ast.Constant() as text]):
            return text
        case _:
            return rewriter.expression(spec)
