"""`a if test else b`."""

from collections.abc import Callable
from typing import Any

from dy2static.runtime.if_stmt import if_


def if_expr(test: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """The value of the side that `test` chooses; the other side is not evaluated."""
    return if_(test, lambda: (then(),), lambda: (orelse(),), (), ("the conditional expression",))[0]
