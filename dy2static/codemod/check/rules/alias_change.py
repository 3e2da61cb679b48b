"""D501 alias-change: a tensor is changed in place under one name, and read under another

`y = x` makes a second name, not a second tensor: `y += 1` and `y[0] = 1` change `x` too, in eager code and in graphs
alike. A copy of its own costs nothing until it is changed.

Bad:
    @to_static
    def f(x):
        y = x
        y += xp.sum(x)
        return x, y

Good:
    @to_static
    def f(x):
        y = xp.copy(x)
        y += xp.sum(x)
        return x, y
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View


def find(view: View) -> Iterator[Found]:
    for statements in _blocks(view):
        for i, statement in enumerate(statements):
            match statement:
                case ast.Assign(targets=[ast.Name(id=alias)], value=ast.Name(id=name)) if view.tensors.has(
                    statement.value
                ):
                    yield from _changed(alias, name, statements[i + 1 :], statement)
                case _:
                    pass


def _blocks(view: View) -> Iterator[list[ast.stmt]]:
    function = view.function
    for node in (function, *view.nodes):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield block


def _changed(alias: str, name: str, rest: list[ast.stmt], made: ast.Assign) -> Iterator[Found]:
    """The first change of `alias` in the statements after it was made, if `name` is read after that."""
    for i, statement in enumerate(rest):
        for node in ast.walk(statement):
            changed = _changes(node)
            if changed in (alias, name):
                other = name if changed == alias else alias
                if _reads(other, rest[i + 1 :], statement, node):
                    yield Found(
                        node,
                        f"this changes `{other}` too: `{alias} = {name}` (line {made.lineno}) "
                        "made two names of one tensor.",
                        f"write `{alias} = xp.copy({name})` there, or make a new tensor here: "
                        f"`{changed} = {changed} ...`.",
                    )
                return
        if _binds(statement, alias) or _binds(statement, name):
            return


def _changes(node: ast.AST) -> str | None:
    """The name whose tensor a statement changes in place."""
    match node:
        case ast.AugAssign(target=ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name))):
            return name
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]):
            return name
        case _:
            return None


def _reads(name: str, later: list[ast.stmt], statement: ast.stmt, change: ast.AST) -> bool:
    """Whether `name` is read after the change: in a later statement, before it is bound anew, or in the loop."""
    if statement is not change and isinstance(statement, ast.For | ast.While) and _loads(statement, name):
        return True
    for following in later:
        if _loads(following, name):
            return True
        if _binds(following, name):
            return False
    return False


def _loads(tree: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in ast.walk(tree))


def _binds(statement: ast.stmt, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
        for n in ast.walk(statement)
        if not isinstance(n, ast.AugAssign)
    ) and not isinstance(statement, ast.AugAssign)


RULE = Rule("D501", "alias-change", "warning", __doc__, find)
