"""D201 python-value: `.numpy()` of a tensor

NumPy needs the values there, and they are known only when the graph runs: staging ends with an error at the first
call. The functions of `eager` take the tensor itself; `.item()` and `.tolist()` give numbers of the graph.

Bad:
    @to_static
    def f(x):
        total = 0.0
        for v in xp.sort(x).numpy():
            total += v * v
        return total

Good:
    @to_static
    def f(x):
        total = 0.0
        for v in xp.sort(x):
            total += v * v
        return total
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View, text_of

NEXT: Final = "use the functions of `eager`; call `.numpy()` on what the function returns."


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="numpy", value=value)) if view.tensors.has(value):
                what = f"`{text_of(value)}.numpy()` asks for values that are known only when the graph runs."
                yield Found(node, what, NEXT)
            case _:
                pass


RULE = Rule("D201", "python-value", "error", __doc__, find)
