"""D201 python-value: `.tolist()` or `.numpy()` of a tensor

Python needs the values there, and they are known only when the graph runs: staging ends with an error at the first
call. Loops go over the tensor itself; `.item()` of a tensor with one element is a number of the graph.

Bad:
    @to_static
    def f(x):
        total = 0.0
        for v in xp.sort(x).tolist():
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

NEXT: Final = {
    "tolist": "iterate over the tensor itself, or make the list outside.",
    "numpy": "use the functions of `eager`; call `.numpy()` on what the function returns.",
}


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=value)) if method in NEXT and view.tensors.has(value):
                what = f"`{text_of(value)}.{method}()` asks for values that are known only when the graph runs."
                yield Found(node, what, NEXT[method])
            case _:
                pass


RULE = Rule("D201", "python-value", "error", __doc__, find)
