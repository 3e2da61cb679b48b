"""D201 python-value: `.item()`, `.tolist()` or `.numpy()` of a tensor

Python needs the value there, and it is known only when the graph runs: staging ends with an error at the first call.
A tensor of one element already works like a number, in tests and loops too.

Bad:
    @to_static
    def f(x):
        if x.sum().item() > 0.0:
            return x
        return -x

Good:
    @to_static
    def f(x):
        if x.sum() > 0.0:
            return x
        return -x
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View, text_of

NEXT: Final = {
    "item": "keep the tensor: one of one element works as a number, also in tests and in `range`.",
    "tolist": "iterate over the tensor itself, or make the list outside.",
    "numpy": "use the functions of `eager`; call `.numpy()` on what the function returns.",
}


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=value)) if method in NEXT and view.tensors.has(value):
                what = f"`{text_of(value)}.{method}()` asks for a value that is known only when the graph runs."
                yield Found(node, what, NEXT[method])
            case _:
                pass


RULE = Rule("D201", "python-value", "error", __doc__, find)
