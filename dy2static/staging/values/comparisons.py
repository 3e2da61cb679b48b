"""What Python says of two values that have no order."""

import ast
from typing import Final

from dy2static.staging.locate import expression_at, user_location

COMPARISONS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
TURNED: Final = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
"""The comparison that says the same with the operands in the other order."""
_NAMES: Final[dict[type[ast.cmpop], str]] = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}


def no_order(name: str, mine: str, its: str) -> str:
    """The text of the TypeError that a comparison of two classes raises, as seen from the method `name`."""
    if _is_turned(name):
        name, mine, its = TURNED[name], its, mine
    return f"{COMPARISONS[name]!r} not supported between instances of {mine!r} and {its!r}"


def _is_turned(name: str) -> bool:
    """Whether Python asks the right operand: of two methods it does not say which one the source has."""
    expression = expression_at(user_location())
    if not isinstance(expression, ast.Compare):
        return False
    written = {_NAMES.get(type(op)) for op in expression.ops}
    return name not in written and TURNED[name] in written
