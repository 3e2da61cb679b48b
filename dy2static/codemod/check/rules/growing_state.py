"""D505 growing-state: a list on `self` that the function looks at, and that grows with every call

A list that converted code only adds to may be of any length. Where the code looks at it too, a graph is made for the
length that it had: when the next call finds it longer, another graph is made, and so on, and each call pays for a
compilation. Look at it outside, or keep what you need of it in an attribute of its own.

Bad:
    class Model:
        def __init__(self):
            self.history = []

        @to_static
        def f(self, x):
            self.history.append(x)
            return x * len(self.history)

Good:
    class Model:
        def __init__(self):
            self.history = []
            self.count = 0

        @to_static
        def f(self, x):
            self.history.append(x)
            self.count += 1
            return x * self.count
"""

import ast
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View


def find(view: View) -> Iterator[Found]:
    if view.scope.owner is None:
        return
    made_here = {name for node in view.nodes if (name := _assigned(node)) is not None}
    looked_at = _looked_at(view.nodes)
    for node in view.nodes:
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr=("append" | "extend")
                )
            ) if name in looked_at and name not in made_here:
                yield Found(
                    node,
                    f"`self.{name}` is longer after every call, and is looked at here: a graph is made for one length, "
                    "so each call makes another.",
                    "look at it outside of the converted function, or keep what you need of it in another attribute.",
                )
            case _:
                pass


def _looked_at(nodes: Iterable[ast.AST]) -> set[str]:
    """The attributes of `self` that are read for more than to add to a list."""
    adding = [node.func.value for node in nodes if isinstance(node, ast.Call) and _adds(node.func)]
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and not any(node is x for x in adding)
        if isinstance(node.value, ast.Name) and node.value.id == "self"
    }


def _adds(function: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(function, ast.Attribute) and function.attr in ("append", "extend")


def _assigned(node: ast.AST) -> str | None:
    """The attribute of `self` that a statement gives a new value, or empties."""
    match node:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
            return name
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr=("clear" | "pop"))
        ):
            return name
        case _:
            return None


RULE = Rule("D505", "growing-state", "warning", __doc__, find)
