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
    if not starred and isinstance(value, ast.Tuple) and _fits(value, len(targets)):
        return plain, value
    counts = [starred[0], len(targets) - starred[0] - 1] if starred else [len(targets)]
    return plain, call(
        rewriter.ctx.runtime, "unpack", [value, *(constant(count, pattern) for count in counts)], pattern
    )


def _fits(value: ast.Tuple, count: int) -> bool:
    return len(value.elts) == count and not any(isinstance(part, ast.Starred) for part in value.elts)
