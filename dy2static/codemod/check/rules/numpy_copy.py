"""D202 numpy-copy: a NumPy array made of a tensor

`np.asarray(x)` asks for the data of the tensor, and there is none while the graph is made: staging ends with an
error. `eager.asarray` leaves a tensor as it is.

Bad:
    @to_static
    def f(x):
        total = xp.sum(x)
        return np.asarray(total) * 2.0

Good:
    @to_static
    def f(x):
        total = xp.sum(x)
        return xp.asarray(total) * 2.0
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.repairs import code
from dy2static.codemod.check.rule import Rule, View, text_of

COPIES: Final = frozenset(["numpy.asarray", "numpy.array", "numpy.ascontiguousarray", "numpy.asanyarray"])


def find(view: View) -> Iterator[Found]:
    ours = view.alias_of("eager")
    for node in view.nodes:
        match node:
            case ast.Call(func=func, args=[ast.expr() as first, *_]) if view.qualified(func) in COPIES:
                if view.tensors.has(first):
                    yield Found(
                        node,
                        f"`{text_of(node)}` asks for the data of a tensor, and there is none while the graph is made.",
                        f"write `{ours or 'eager'}.asarray`, which leaves a tensor as it is.",
                        # Options of NumPy's (`order`, `ndmin`) are not ours.
                        code(f"{ours}.asarray") if ours and not node.keywords and len(node.args) == 1 else None,
                        func,
                    )
            case _:
                pass


RULE = Rule("D202", "numpy-copy", "error", __doc__, find)
