"""D002 decorator-order: `@to_static` above `@staticmethod`, `@classmethod` or `@property`

Decorators work from the bottom up. What `@classmethod` and its like make is not a function that can be converted, or
no longer knows that it takes no `self`; `@to_static` belongs below them.

Bad:
    class Model:
        @to_static
        @classmethod
        def f(cls, x):
            return x + 1.0

Good:
    class Model:
        @classmethod
        @to_static
        def f(cls, x):
            return x + 1.0
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.repairs import decorators_exchanged
from dy2static.codemod.check.rule import Rule, View

MAKES_DESCRIPTOR: Final = frozenset(
    ["builtins.staticmethod", "builtins.classmethod", "builtins.property", "functools.cached_property"]
)


def find(view: View) -> Iterator[Found]:
    function = view.function
    parent = view.scope.parent
    if isinstance(function, ast.Lambda) or parent is None:
        return
    for place in view.places:
        if place.given is not None or place.scope is not view.scope:
            continue
        decorators = function.decorator_list
        above = decorators.index(place.node)
        for below in range(above + 1, len(decorators)):
            name = view.module.qualified(decorators[below], parent)
            if name in MAKES_DESCRIPTOR:
                short = ast.unparse(decorators[below])
                yield Found(
                    place.node,
                    f"`@to_static` stands above `@{short}`, which makes something else than a function "
                    f"of `{function.name}`.",
                    f"put `@{short}` on top.",
                    decorators_exchanged(above, below),
                    function,
                )
                return


RULE = Rule("D002", "decorator-order", "error", __doc__, find)
