"""Long loops over ordinary values: the rest of them is a loop of the graph."""

import itertools

import eager as xp
from support.programs import f64, program

VALUES = ([f64(3.0)],)


@program(*VALUES, grad=0)
def long_range(x):
    total = x * 0
    for i in range(150):
        total = total * 0.5 + x * i
    return total, i


@program(*VALUES)
def with_break(x):
    total = x * 0
    for i in range(5, 300, 2):
        total = total + x * i * 0.001
        if i == 271:
            break
    return total, i


@program(*VALUES)
def with_break_on_a_tensor(x):
    total = x * 0
    for i in range(120):
        total = total + x * i * 0.001
        if total > 3:
            break
    return total, i


@program(*VALUES)
def nested(x):
    total = x * 0
    for _ in range(12):
        for j in range(20):
            total = total * 0.9 + x * j
    return total


@program(*VALUES)
def long_while(x):
    total = x * 0
    i = 0
    while i < 150:
        total = total * 0.5 + x * i
        i += 1
    return total, i


@program(*VALUES)
def that_appends(x):
    rows = []
    for i in range(200):
        rows.append(x * i)
    return xp.stack(rows)


@program(*VALUES)
def over_a_list(x):
    total = x * 0
    for v in [1.0, 2.0, 3.0] * 60:
        total = total * 0.1 + x * v
    return total


@program([f64(1.0)], [f64(-2.0)], grad=0)
def over_enumerate_and_zip(x):
    for i, v in enumerate(range(3, 250)):
        x = x * 0.5 + i / v
    for a, b in zip(range(200), [0.25, 0.5] * 100):
        x = x * 0.9 + a * b * 0.001
    return x


@program([f64(1.0)], [f64(-2.0)], grad=0)
def over_reversed_and_dicts(x):
    for i, n in enumerate(reversed([1, 2, 3, 4] * 60), 5):
        if x > 1e6:
            break
        x = x * 0.5 + i * n
    for key, value in {k: k / 2 for k in range(250)}.items():
        x = x * 0.9 + key * value * 0.001
    return x


@program([f64(3.0)], [f64(0.02)], [f64(1e30)], grad=0)
def over_a_count(x):
    for i in itertools.count(2):
        x = x * 0.5
        if x < 0.01:
            break
    for k in itertools.count(10, -1):
        if x * k < -1.0 or k < -400:
            break
        x = x * 1.5
    return x, i, k


@program([f64(3.0)], [f64(0.02)], grad=0)
def over_a_count_from_below_zero(x):
    for i in itertools.count(-300):
        x = x * 0.99
        if x < 0.01:
            break
    return x, i


@program([f64(3.0)], [f64(0.012)], [f64(1e30)])
def a_count_that_ends_in_an_error(x):
    for i in itertools.count():
        x = x * 0.5
        if x < 0.01:
            break
        if i > 20:
            raise ValueError(f"not small after {i}")
    return x, i


@program([f64(3.0)], [f64(0.012)])
def trips_that_always_raise(x):
    for i in range(1_000_000):
        x = x * 0.9
        if x < 0.011:
            return x, i
        if i > 2:
            raise ValueError("too long")
    return x, -1


class Naturals:
    """Goes on for ever; asking it for a number changes it, so that it cannot be asked ahead of the run."""

    def __init__(self):
        self.next = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.next += 1
        return self.next


@program([f64(3.0)], [f64(0.012)], [f64(0.02)])
def endless_trips_that_raise_in_the_end(x):
    for i in Naturals():
        if i > 2:
            raise ValueError(f"not small before {i}")
        x = x * 0.5
        if x < 0.005:
            return x, i
