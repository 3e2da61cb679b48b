"""`global` and `nonlocal`, bound under tests and in loops of the graph."""

import sys

import eager as xp
from support.programs import f64, i64, program

COUNT = 0
TOTAL = 0.0


@program([f64([1.0, -2.0, 3.0])], [f64([])], [[1.0, 3.0, 2.0]], adapts=True)
def best_so_far(x):
    best = -10.0
    count = 0

    def update(v):
        nonlocal best, count
        count += 1
        if v > best:
            best = v

    for v in x:
        update(v * 1.0)
    return best * 1.0, count


@program([i64(3)], [i64(0)])
def two_levels(n):
    total = 0

    def outer(k):
        def inner():
            nonlocal total
            total = total + k

        inner()
        inner()

    for i in range(n):
        outer(i)
    return total


@program([f64(1.0)], [f64(-1.0)], made=True)
def kept_between_calls():
    calls = 0
    total = xp.asarray(0.0)

    def run(x):
        nonlocal calls, total
        calls += 1
        if x > 0:
            total = total + x
        return calls, total

    return run


@program([f64(1.0)], [f64(-1.0)], made=True)
def of_the_module():
    def run(x):
        global COUNT, TOTAL
        COUNT = 0
        TOTAL = x * 0
        for i in range(3):
            COUNT = COUNT + i
            if x > 0:
                TOTAL = TOTAL + x
        return COUNT, TOTAL

    return run


@program([f64(1.0)], [f64(-1.0)])
def deleted(x):
    n = x

    def drop():
        nonlocal n
        del n

    drop()
    return n


@program([f64(5.0)], [f64(0.5)])
def in_a_while(x):
    steps = xp.asarray(0)

    def half(v):
        nonlocal steps
        steps = steps + 1
        return v / 2

    while x > 1:
        x = half(x)
    return x, steps


@program([f64(1.0)], [f64(-1.0)])
def bound_on_some_paths(x):
    def give():
        nonlocal late
        late = x * 2

    if x > 0:
        give()
    else:
        late = x
    return late


@program([f64(1.0)], [f64(3.0)], [f64(-1.0)], made=True)
def of_a_module_by_two_names():
    """Bound by `global`, and stored as an attribute of the module: one place."""
    module = sys.modules[__name__]

    def add(x):
        global COUNT, TOTAL
        if x > 0:
            COUNT = COUNT + 1
            TOTAL = TOTAL + x

    def run(x):
        module.COUNT, module.TOTAL = 0, x * 0.5
        add(x)
        module.COUNT += 1
        if x > 1:
            module.TOTAL = module.TOTAL * 2.0
        else:
            add(x + 2)
        add(x)
        return COUNT, module.COUNT, TOTAL, module.TOTAL

    return run
