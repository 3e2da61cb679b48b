"""D004 cached: `functools.cache` or `lru_cache` on a converted function

These remember tensors by identity. A tensor that was changed in place is still the same object, so the old answer
comes back; and every tensor that was ever passed is kept. Static functions keep their programs by themselves.

Bad:
    @functools.lru_cache
    @to_static
    def f(x):
        return x * 2.0

Good:
    @to_static
    def f(x):
        return x * 2.0
"""

import ast
from collections.abc import Iterator
from typing import Final

from dy2static.codemod.check.finding import Found
from dy2static.codemod.check.rule import Rule, View

CACHES: Final = frozenset(["functools.cache", "functools.lru_cache"])


def find(view: View) -> Iterator[Found]:
    function, parent = view.function, view.scope.parent
    if isinstance(function, ast.Lambda) or parent is None or view.converted.because:
        return
    for decorator in function.decorator_list:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        if view.module.qualified(callee, parent) in CACHES:
            yield Found(
                decorator,
                f"`@{ast.unparse(callee)}` remembers tensors by identity: "
                "one that was changed in place gets the old answer.",
                "leave it out; a static function keeps its programs by itself.",
            )


RULE = Rule("D004", "cached", "warning", __doc__, find)
