"""D505 growing-state: a list on `self` that grows with every call

A graph is made for the length that the list had. When the next call finds it longer, another graph is made, and so
on: each call pays for a compilation. Return the value, and collect outside.

Bad:
    class Model:
        def __init__(self):
            self.history = []

        @to_static
        def f(self, x):
            self.history.append(x)
            return x * 2.0

Good:
    class Model:
        def __init__(self):
            self.history = []

        @to_static
        def step(self, x):
            return x * 2.0

        def f(self, x):
            self.history.append(x)
            return self.step(x)
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View


def find(view: View) -> Iterator[Found]:
    if view.scope.owner is None:
        return
    made_here = {name for node in view.nodes if (name := _assigned(node)) is not None}
    for node in view.nodes:
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr=("append" | "extend")
                )
            ) if name not in made_here:
                yield Found(
                    node,
                    f"`self.{name}` is longer after every call, and a graph is made for one length: "
                    "each call makes another.",
                    "return the value, and append it outside of the converted function.",
                )
            case _:
                pass


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
