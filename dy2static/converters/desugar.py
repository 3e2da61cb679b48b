"""The walk over blocks of statements for constructs that are written out as others before anything else is done."""

import ast
from collections.abc import Callable, Sequence

from dy2static.analysis.escapes import blocks_of

Replace = Callable[[ast.stmt], list[ast.stmt]]


def in_blocks(statements: Sequence[ast.stmt], replace: Replace) -> list[ast.stmt]:
    """Every statement replaced, those in blocks and in functions inside before what they stand in."""
    done: list[ast.stmt] = []
    for statement in statements:
        for block in blocks_of(statement):
            block[:] = in_blocks(block, replace)
        if isinstance(statement, ast.FunctionDef):
            statement.body[:] = in_blocks(statement.body, replace)
        elif isinstance(statement, ast.Match):
            for case in statement.cases:
                case.body[:] = in_blocks(case.body, replace)
        done += replace(statement)
    return done
