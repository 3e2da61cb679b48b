"""D101 clock: the date of now

The date that a converted function asks for would be that of its first call, for ever, so staging refuses it. The clocks
of `time` (`time.time`, `perf_counter`, `monotonic` and the like) are read by every run.

Bad:
    @to_static
    def f(x):
        return x + datetime.now().timestamp()

Good:
    @to_static
    def f(x):
        return x + time.time()
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View
from dy2static.runtime.callables.outside_world import NEXT, OF_NOW, OF_TODAY, WHY

DATES: Final = frozenset(f"datetime.{kind}.{name}" for kind in ("datetime", "date") for name in OF_TODAY)


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        if isinstance(node, ast.Call) and (name := view.qualified(node.func)) is not None:
            is_of_now = name.startswith("time.") and len(node.args) < OF_NOW.get(name.removeprefix("time."), 0)
            if name in DATES or is_of_now:
                yield Found(node, f"`{ast.unparse(node.func)}()` {WHY}.", NEXT)


RULE = Rule("D101", "clock", "error", __doc__, find)
