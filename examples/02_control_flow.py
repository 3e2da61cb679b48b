"""Branches, loops, `break`, early `return` and growing lists on tensors, in one graph; and what tracing makes of it."""

import warnings

import eager as xp
from dy2static.decorator import to_static
from dy2static.errors import TraceWarning
from dy2static.tracing.trace import trace
from graph.errors import TraceGuardError


def hailstones(n, limit):
    """The numbers from n down to 1 (Collatz), or the first `limit` of them."""
    if n < 1:
        return xp.asarray([0])
    path = [n]
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        path.append(n)
        if len(path) == limit:
            break
    return xp.stack(path)


if __name__ == "__main__":
    static = to_static(hailstones)
    for n in (6, 7, 27, 0):
        x = xp.asarray(n)
        print(f"{n:>3}: {static(x, 12)}")
        assert xp.all(static(x, 12) == hailstones(x, 12))
    print(static.explain())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        traced = trace(hailstones, xp.asarray(6), 12)
    print(f"\nA trace of n = 6 took {len(traced.decisions)} decisions. On n = 7:")
    try:
        traced(xp.asarray(7), 12)
    except TraceGuardError as error:
        print(error)
