"""How many steps a number takes to come down to 1."""

import eager as xp
from dy2static.report.case import Case


def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def case() -> Case:
    return Case(
        name="collatz",
        title="Collatz counter",
        function=collatz,
        example=(xp.asarray(6),),
        other=(xp.asarray(27),),
        described=("n = 6", "n = 27"),
        no_gradient="integers",
    )
