"""D301 identity: `is` between tensors

`is` is never part of a graph: it compares the objects that stand for the tensors while the graph is made. That the
values are equal says nothing about it, and a tensor is never the object `True`.

Bad:
    @to_static
    def f(x):
        positive = xp.sum(x) > 0.0
        if positive is True:
            return x
        return -x

Good:
    @to_static
    def f(x):
        positive = xp.sum(x) > 0.0
        if positive:
            return x
        return -x
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View, text_of
from dy2static.codemod.check.tensors import is_none


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        match node:
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]):
                if is_none(left) or is_none(right):
                    continue
                made = [side for side in (left, right) if not isinstance(side, ast.Name) and view.tensors.has(side)]
                literal = isinstance(right, ast.Constant) and view.tensors.has(left)
                if not made and not literal:
                    continue
                says = "true" if isinstance(op, ast.IsNot) else "false"
                advice = (
                    f"use the tensor itself as the test: `{text_of(left)}`."
                    if isinstance(right, ast.Constant) and isinstance(right.value, bool)
                    else "compare values: `xp.array_equal(a, b)`, or `(a == b).all()`."
                )
                yield Found(node, f"`{text_of(node)}` is always {says}: one side is a tensor of its own.", advice)
            case _:
                pass


RULE = Rule("D301", "identity", "warning", __doc__, find)
