"""D001 refused: a construct that conversion does not take

The function is refused when it is decorated, or, where a converted function calls it, when that one runs. Conversion
itself is asked, so what is listed is what it would raise, in its words; but all of it at once.

Bad:
    @to_static
    def f(x):
        scale = eval("2.0")
        return x * scale

Good:
    @to_static
    def f(x):
        scale = 2.0
        return x * scale
"""

import ast
from collections.abc import Iterator

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.refusals import refusals
from dy2static.codemod.check.rule import Rule, View


def find(view: View) -> Iterator[Found]:
    for error in refusals(view.scope, view.module):
        yield Found(_node_at(view, error.loc.line, error.loc.col), error.what, error.next_step)


def _node_at(view: View, line: int, col: int) -> ast.AST:
    """The largest construct that begins at a place."""
    for node in (view.function, *view.nodes):
        if getattr(node, "lineno", None) == line and node.col_offset == col:
            return node
    return view.function


RULE = Rule("D001", "refused", "error", __doc__, find)
