"""D102 randomness: a random number of Python or NumPy

`random` and `numpy.random` keep their state outside of the graph: what they draw would be a constant of it, the same in
every run, so staging refuses it. `eager.random` draws anew in every run, and its stream is the same in every mode. A
generator that the function makes from a seed draws the same numbers in every call anyway, and is left in peace.

Bad:
    @to_static
    def f(x):
        return x + random.random()

Good:
    @to_static
    def f(x):
        return x + xp.random.uniform()
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View
from dy2static.runtime.callables.random_calls import MAKERS, NEXT, WHY

MODULES: Final = ("random.", "numpy.random.")
NAMES_OF_MAKERS: Final = frozenset(maker.__name__ for maker in MAKERS)


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = view.qualified(node.func)
        if name is None or not name.startswith(MODULES) or "." in name.removeprefix("numpy.").removeprefix("random."):
            continue
        if name.rpartition(".")[2] in NAMES_OF_MAKERS and (node.args or node.keywords):
            continue
        yield Found(node, f"`{ast.unparse(node.func)}()` {WHY}.", NEXT)


RULE = Rule("D102", "randomness", "error", __doc__, find)
