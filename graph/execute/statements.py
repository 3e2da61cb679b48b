"""Statements that NumPy programs are written with."""

import ast
from collections import Counter
from collections.abc import Sequence

from graph.execute.bindings import variable


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


def moved(moves: Sequence[tuple[str, str]]) -> list[ast.stmt]:
    """Variables assigned to variables (target, source), as if all at once."""
    statements: list[ast.stmt] = []
    left: list[tuple[str, str]] = [(target, source) for target, source in moves if target != source]
    while left:
        sources: Counter[str] = Counter(source for _, source in left)
        free = [(t, s) for t, s in left if not sources[t]]
        if not free:
            targets = ast.Tuple([ast.Name(t, ast.Store()) for t, _ in left], ast.Store())
            statements.append(ast.Assign([targets], ast.Tuple([variable(s) for _, s in left], ast.Load())))
            return statements
        for target, source in free:
            statements.append(ast.Assign([ast.Name(target, ast.Store())], variable(source)))
        left = [move for move in left if move not in free]
    return statements
