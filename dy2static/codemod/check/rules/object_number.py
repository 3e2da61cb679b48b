"""D104 object-number: `id()` or `hash()` of a tensor

They are of the object that stands for the tensor while the graph is made. In the graph they are a constant that has
nothing to do with the tensors of later calls.

Bad:
    @to_static
    def f(x: xp.Tensor, seen):
        return x, id(x) in seen

Good:
    @to_static
    def f(x: xp.Tensor, name, seen):
        return x, name in seen
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        if (
            isinstance(node, ast.Call)
            and view.qualified(node.func) in ("builtins.id", "builtins.hash")
            and len(node.args) == 1
            and view.tensors.has(node.args[0])
        ):
            yield Found(
                node,
                f"`{ast.unparse(node)}` is a number of the object that stands for the tensor while the graph is made.",
                "tell tensors apart by a name or an index of your own.",
            )


RULE = Rule("D104", "object-number", "warning", __doc__, find)
