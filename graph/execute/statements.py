"""Statements that NumPy programs are written with."""

import ast
from collections.abc import Sequence


def function(name: str, arguments: Sequence[str], body: list[ast.stmt]) -> ast.FunctionDef:
    """A function of positional arguments."""
    args = ast.arguments([], [ast.arg(a) for a in arguments], None, [], [], None, [])
    return ast.FunctionDef(name, args, body, [], None)


def assigns(statement: ast.stmt | None, name: str) -> bool:
    """Whether a statement assigns to that variable alone."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)]):
            return target == name
        case _:
            return False
