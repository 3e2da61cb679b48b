"""D503 late-binding: a function made in a loop reads the loop's variable

A function reads the variables around it when it is called, not when it is made. Called after the loop, all of them
see the last value. A default argument keeps the value of the trip.

Bad:
    @to_static
    def f(x):
        steps = []
        for scale in (1.0, 2.0, 3.0):
            steps.append(lambda v: v * scale)
        return [step(x) for step in steps]

Good:
    @to_static
    def f(x):
        steps = []
        for scale in (1.0, 2.0, 3.0):
            steps.append(lambda v, scale=scale: v * scale)
        return [step(x) for step in steps]
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View


def find(view: View) -> Iterator[Found]:
    for loop in view.nodes:
        match loop:
            case ast.For():
                targets = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
                yield from _kept(targets, loop.body, view)
            case ast.ListComp():
                targets = {n.id for part in loop.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)}
                if isinstance(loop.elt, ast.Lambda):
                    yield from _found(loop.elt, targets, view)
            case _:
                pass


def _kept(targets: set[str], body: list[ast.stmt], view: View) -> Iterator[Found]:
    """Functions that outlive their trip: put into a list, a dict or an attribute."""
    for statement in body:
        for node in ast.walk(statement):
            match node:
                case ast.Call(func=ast.Attribute(attr=("append" | "insert" | "setdefault" | "add")), args=args):
                    yield from (f for value in args for f in _functions(value, targets, body, view))
                case ast.Assign(targets=[ast.Subscript() | ast.Attribute()], value=value):
                    yield from _functions(value, targets, body, view)
                case _:
                    pass


def _functions(value: ast.expr, targets: set[str], body: list[ast.stmt], view: View) -> Iterator[Found]:
    match value:
        case ast.Lambda():
            yield from _found(value, targets, view)
        case ast.Name(id=name):
            for statement in body:
                if isinstance(statement, ast.FunctionDef) and statement.name == name:
                    yield from _found(statement, targets, view)
        case _:
            pass


def _found(function: ast.FunctionDef | ast.Lambda, targets: set[str], view: View) -> Iterator[Found]:
    scope = view.module.scopes[function]
    parts = [function.body] if isinstance(function, ast.Lambda) else function.body
    for node in (n for part in parts for n in ast.walk(part)):
        if isinstance(node, ast.Name) and node.id in targets and node.id not in scope.bound:
            yield Found(
                node,
                f"`{node.id}` is read when the function is called: "
                "after the loop it has its last value in all of them.",
                f"keep the value of the trip with a default argument: `{node.id}={node.id}`.",
            )
            return


RULE = Rule("D503", "late-binding", "warning", __doc__, find)
