"""Unpacking: one value into several targets."""

import ast

from dy2static.converters.build import call, constant, position
from dy2static.converters.rewrite import Rewriter

Pattern = ast.Tuple | ast.List


def taken_apart(pattern: Pattern, value: ast.expr, rewriter: Rewriter) -> tuple[ast.Tuple, ast.expr]:
    """Targets and a value, converted already, that Python can unpack whatever the length is known by.

    `a, b = v` -> `a, b = _rt.unpack(v, 2)`; `a, *b = v` -> `a, b = _rt.unpack(v, 1, 0)`. A tuple that is written out
    stays. Targets inside `pattern` that are patterns themselves stay too.
    """
    targets = [part.value if isinstance(part, ast.Starred) else part for part in pattern.elts]
    plain = ast.Tuple(targets, ast.Store(), **position(pattern))
    starred = [i for i, part in enumerate(pattern.elts) if isinstance(part, ast.Starred)]
    if not starred and (_is_of_matching(value, rewriter) or _fits(value, len(targets))):
        return plain, value
    counts = [starred[0], len(targets) - starred[0] - 1] if starred else [len(targets)]
    return plain, call(
        rewriter.ctx.runtime, "unpack", [value, *(constant(count, pattern) for count in counts)], pattern
    )


def _fits(value: ast.expr, count: int) -> bool:
    """Whether it is a tuple of so many items, written out."""
    if not isinstance(value, ast.Tuple) or len(value.elts) != count:
        return False
    return not any(isinstance(part, ast.Starred) for part in value.elts)


def _is_of_matching(value: ast.expr, rewriter: Rewriter) -> bool:
    """Whether it is what `match` statements have been turned into (see `match_stmt`): tuples."""
    match value:
        case ast.Call(ast.Attribute(ast.Name(owner), "match_" | "captured")):
            return owner == rewriter.ctx.runtime
        case _:
            return False
