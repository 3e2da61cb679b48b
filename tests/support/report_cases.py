"""Small cases for the tests of the report."""

from typing import Any

import eager as xp
from dy2static.report.case import Case


def slope_of(x: Any) -> Any:
    if x < 0.0:
        return 2.0 * x
    return x * x


def halvings(x: Any) -> Any:
    count = 0
    while x > 1.0:
        x = x / 2.0
        count += 1
    return count


def straight(x: Any) -> Any:
    return x * 2.0


def doubled_sum(x: Any) -> Any:
    return xp.sum(straight(x))


def branching_case(**options: Any) -> Case:
    chosen: dict[str, Any] = {"example": (xp.asarray(3.0),), "other": (xp.asarray(-2.0),), **options}
    return Case(
        name="slope",
        title="Two <slopes>",
        function=slope_of,
        described=("x = 3", "x < 0"),
        note="Two of two.",
        **chosen,
    )


def looping_case() -> Case:
    return Case(
        name="halvings",
        title="Halvings",
        function=halvings,
        example=(xp.asarray(3.0),),
        other=(xp.asarray(100.0),),
        described=("x = 3", "x = 100"),
        no_gradient="integers",
    )


def straight_case() -> Case:
    return Case(
        name="straight",
        title="No decisions",
        function=straight,
        example=(xp.asarray([1.0]),),
        other=(xp.asarray([2.0]),),
        described=("1", "2"),
        loss=doubled_sum,
    )
