"""D203 math-function: a function of `math` that has no meaning in a graph, on a tensor

Most of `math` works on values of the graph. What is left needs the value as a Python number, and it is known only when
the graph runs: staging ends with an error at the first call.

Bad:
    @to_static
    def f(x):
        total = xp.sum(x)
        return math.exp2(total)

Good:
    @to_static
    def f(x):
        total = xp.sum(x)
        return 2.0**total
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View, text_of
from dy2static.runtime.callables.math_functions import FLOATING, OF_MATH, SPECIAL, instead_of

WITHOUT_MEANING: Final = frozenset(OF_MATH.values()) - FLOATING.keys() - SPECIAL.keys()
"""As the runtime has it."""


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        if not isinstance(node, ast.Call):
            continue
        module, _, name = (view.qualified(node.func) or "").rpartition(".")
        if module == "math" and name in WITHOUT_MEANING and any(map(view.tensors.has, node.args)):
            yield Found(
                node,
                f"`{text_of(node)}` needs the value as a Python number, and it is known only when the graph runs.",
                instead_of(name),
            )


RULE = Rule("D203", "math-function", "error", __doc__, find)
