"""`and`, `or`, `not`, comparisons and chains of them, `in`, `is`."""

import eager as xp
from support.programs import f64, flags, i64, program

PAIRS = (
    [f64(1.0), f64(2.0)],
    [f64(-1.0), f64(2.0)],
    [f64(1.0), f64(-2.0)],
    [f64(-1.0), f64(-2.0)],
    [f64(0.0), f64(0.0)],
)


@program(*PAIRS, grad=(0, 1))
def and_or(x, y):
    if x > 0 and y > 0:
        r = x * y
    elif x > 0 or y > 0:
        r = x - y
    else:
        r = x + y
    return r


@program(*PAIRS)
def not_of_tests(x, y):
    if not x > 0:
        return 1
    if not (x > 0 and not y > 0):
        return 2
    return 3


@program(*PAIRS)
def chained(x, y):
    if -0.5 < x < y:
        return 1
    if x >= y > -1.5 or x == y == 0:
        return 2
    return 3


@program([f64(0.0), 1], [f64(3.0), 1], [f64(3.0), 0], [f64(0.0), 0])
def mixed_with_python(x, n):
    if n and x > 1:
        return 1
    if x > 1 or n:
        return 2
    return 3


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], [f64([])])
def short_circuit(x):
    if x.shape[0] > 0 and x[0] > 0:
        return x[0]
    return xp.asarray(-7.0)


@program([i64(3)], [i64(0)], [i64(-4)])
def values_of_and_or(n):
    a = n and n + 1
    b = n or n - 1
    return a, b


@program([f64([1.0, 2.0]), f64(2.0)], [f64([1.0, 2.0]), f64(3.0)], [f64([]), f64(1.0)])
def in_a_tensor(x, v):
    if v in x:
        return 1
    if v not in x:
        return 2
    return 3


@program([i64(2)], [i64(5)], [i64(0)])
def in_a_tuple(n):
    if n in (1, 2, 3):
        return 10
    if n not in (4, 5):
        return 20
    return 30


@program([f64(1.0), None], [f64(1.0), 2.0], [f64(1.0), f64(3.0)])
def is_none(x, y):
    if y is None:
        return x
    if y is not None and x > 0:
        return x + y
    return x


@program([flags([True, False])], [flags([True, True])], [flags([])])
def all_and_any(x):
    if xp.all(x):
        return 1
    if xp.any(x):
        return 2
    return 3


@program([f64(2.0)], [f64(0.5)], [f64(-3.0)])
def stored_tests(x):
    big = x > 1
    neg = x < 0
    if big or neg:
        r = x * 2
    else:
        r = x
    return r, big, neg, not big


@program([i64(4)], [i64(15)], [i64(7)])
def fizzbuzz(n):
    total = 0
    for i in range(n):
        if i % 3 == 0 and i % 5 == 0:
            total = total + 15
        elif i % 3 == 0 or i % 5 == 0:
            total = total + i
        elif not i % 2:
            total = total - 1
    return total


@program([f64(1.0), f64(2.0), f64(3.0)], [f64(3.0), f64(2.0), f64(1.0)], grad=(0, 1, 2))
def middle(a, b, c):
    if a <= b <= c or c <= b <= a:
        return b * 2
    if b <= a <= c or c <= a <= b:
        return a * 2
    return c * 2


@program([f64(0.0)], [f64(2.0)])
def division_behind_a_test(x):
    if x != 0 and 1 / x > 0.1:
        return 1 / x
    return x


@program([f64(1.0)], [f64(-1.0)])
def tests_in_while(x):
    n = 0
    while x > 0.01 and n < 5:
        x = x * 0.3
        n += 1
    while not (x > 1 or n > 20):
        x = x + 0.7
        n += 3
    return x, n


@program(
    [f64([1.0, 2.0]), i64(2)], [f64([1.0, 2.0]), i64(0)], refused="the value is a bool on one path and f64 on another"
)
def value_of_operands_of_different_types(x, n):
    return n > 1 and x.sum()


@program([f64([1.0, 2.0]), i64(2)], [f64([1.0, 2.0]), i64(0)], [f64([1.0, -1.0]), i64(2)], grad=0)
def truth_of_operands_of_different_types(x, n):
    is_ready = n > 1 and x.sum()
    if is_ready:
        return x * 2.0
    return x if not is_ready and n < 1 else x * 3.0
