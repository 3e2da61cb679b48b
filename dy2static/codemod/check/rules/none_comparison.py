"""D302 none-comparison: `== None` or `!= None`

On tensors `==` compares elements, and what an element has to do with None is nobody's question. `is None` asks
whether there is a tensor at all, and is decided while the graph is made.

Bad:
    @to_static
    def f(x, mask=None):
        if mask != None:
            x = x * mask
        return x

Good:
    @to_static
    def f(x, mask=None):
        if mask is not None:
            x = x * mask
        return x
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.repairs import none_by_identity
from dy2static.codemod.check.rule import Rule, View, text_of
from dy2static.codemod.check.tensors import is_none


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        match node:
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
                if is_none(left) or is_none(right):
                    word = "is" if isinstance(op, ast.Eq) else "is not"
                    yield Found(
                        node,
                        f"`{text_of(node)}` compares elements where a tensor is meant.",
                        f"write `{text_of(left)} {word} {text_of(right)}`.",
                        none_by_identity(),
                    )
            case _:
                pass


RULE = Rule("D302", "none-comparison", "warning", __doc__, find)
