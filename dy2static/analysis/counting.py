"""What a loop counts with."""

import ast
from collections import Counter
from collections.abc import Sequence


def counters(body: Sequence[ast.stmt]) -> list[str]:
    """The names that a trip through `body`, in which no jumps are left, certainly binds to another integer where they
    hold one: it binds them once, as a statement of its own, to a constant more or less."""
    found = [name for name in map(_counted, body) if name is not None]
    if not found:
        return []
    stored = Counter(
        part.id
        for statement in body
        for part in ast.walk(statement)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    )
    return [name for name in found if stored[name] == 1]


def _counted(statement: ast.stmt) -> str | None:
    """The `i` of `i += 1`, `i -= 1`, `i = i + 1` and `i = i - 1`."""
    match statement:
        case ast.AugAssign(ast.Name(name), ast.Add() | ast.Sub(), ast.Constant(step)):
            is_step = _is_step(step)
        case ast.Assign([ast.Name(name)], ast.BinOp(ast.Name(read), ast.Add() | ast.Sub(), ast.Constant(step))):
            is_step = name == read and _is_step(step)
        case _:
            return None
    return name if is_step else None


def _is_step(step: object) -> bool:
    return type(step) is int and step != 0
