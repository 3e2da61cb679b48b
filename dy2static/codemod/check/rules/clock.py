"""D101 clock: a clock is read once, while the graph is made

Calls into the standard library run while the graph is made, and their results are constants of it. The time that a
converted function reads is that of its first call, for ever.

Bad:
    @to_static
    def f(x):
        return x + time.perf_counter()

Good:
    @to_static
    def f(x, now):
        return x + now
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View

CLOCKS: Final = frozenset(
    f"time.{name}{suffix}"
    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")
    for suffix in ("", "_ns")
) | {
    "time.ctime",
    "time.gmtime",
    "time.localtime",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
}


def find(view: View) -> Iterator[Found]:
    for node in view.nodes:
        if isinstance(node, ast.Call) and view.qualified(node.func) in CLOCKS:
            yield Found(
                node,
                f"`{ast.unparse(node.func)}()` is read once, while the graph is made: every later call gets that time.",
                "read the clock outside, and pass the time in as an argument.",
            )


RULE = Rule("D101", "clock", "warning", __doc__, find)
