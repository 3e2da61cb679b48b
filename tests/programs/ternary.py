"""Conditional expressions."""

import eager as xp
from support.programs import f32, f64, i64, program


@program([f64(2.0)], [f64(-2.0)], [f32(-2.0)], [f64(float("nan"))], grad=0)
def simple(x):
    return x if x > 0 else -x


@program([f64(2.0)], [f64(-2.0)], [f64(0.0)], grad=0)
def nested(x):
    return x * 3 if x > 0 else (-x if x < 0 else x + 1)


@program([f64(2.0), 1], [f64(-2.0), 1], [f64(2.0), 0], adapts=True)
def mixed(x, n):
    return (x if n else x + 1) if x > 0 else (n if n else 2)


@program([f64([1.0, -2.0, 3.0])], [f64([])], grad=0, adapts=True)
def in_a_loop(x):
    total = 0.0
    for v in x:
        total = total + (v if v > 0 else v * v)
    return total


@program([f64(3.0)], [f64(-3.0)])
def of_numbers(x):
    n = 1 if x > 0 else 2
    f = 1.5 if x > 0 else 2.5
    return n, f, n + f


@program([f64(3.0)], [f64(-3.0)])
def in_a_call(x):
    return xp.sqrt(x if x > 0 else -x) + max(x, 1.0)


@program([i64(3)], [i64(-3)])
def as_index(n):
    values = [10, 20]
    return values[0 if n > 0 else 1]


@program([f64(2.0), f64(3.0)], [f64(3.0), f64(2.0)], grad=(0, 1))
def of_tuples(x, y):
    small, large = (x, y) if x < y else (y, x)
    return small - 2 * large


@program([f64(2.0)], [f64(-1.0)], grad=0)
def only_one_side_runs(x):
    return xp.log(x) if x > 0 else xp.exp(x)
