"""Comprehensions over ordinary values and tensors, nested, with conditions."""

import numpy as np

import eager as xp
from support.programs import f64, i64, program

LONG = f64(np.arange(20.0))


@program([f64([1.0, -2.0, 3.0])], [LONG], [f64([5.0])], grad=0)
def over_a_tensor(x):
    return xp.stack([v * v for v in x])


@program([f64([1.0, -2.0, 3.0])], [LONG], [f64([-1.0])], [f64([])])
def with_a_condition(x):
    chosen = [v * 2 for v in x if v > 0]
    return chosen, len(chosen)


@program([f64([1.0, -2.0, 3.0])], [LONG])
def of_a_list(x):
    return sum([i * v for i, v in enumerate(x)]), [a + b for a, b in zip(x, x[1:], strict=False)]


@program([f64(2.0), [1, 2, 3]], [f64(-2.0), []])
def over_python_values(x, items):
    return [x * i for i in items if i != 2], [i for i in items if x > i]


@program([f64([[1.0, -1.0], [2.0, 3.0]])], [f64(np.arange(40.0).reshape(20, 2))], grad=0)
def nested(m):
    total = xp.asarray(0.0)
    for row in [[a * b for a in row if a > 0] for b, row in enumerate(m)]:
        for v in row:
            total = total + v
    return total


@program([i64(3)], [i64(0)])
def over_a_range_of_the_graph(n):
    return [i * i for i in range(n)], [i for i in range(n) if i % 2 == 0]


@program([f64(2.0), [1, 2, 2]])
def two_loops(x, ys):
    return [a + b for a in ys for b in ys if a != b], [x * a for a in ys for _ in range(a)]


@program([f64(2.0), {"a": 1, "b": 2}])
def sets_and_dicts(x, d):
    return {k: v * x for k, v in d.items() if v > 1}, {v for v in d.values()}  # noqa: C416


@program([f64(2.0), [1, 2]])
def names_are_their_own(x, ys):
    v = x
    made = [v for v in ys]  # noqa: C416
    return v, made, [(lambda: w)() for w in ys], [f() for f in [lambda: w for w in ys]]


@program([f64([1.0, 2.0, 3.0])], [LONG], [f64([])])
def changed_afterwards(x):
    made = [v for v in x if v > 1]
    made.append(xp.asarray(7.0))
    made[0] = made[0] * 2
    return made


@program([f64([1.0, 2.0])], refused="the keys of a dict are known while the graph is made")
def dict_under_a_test(x):
    return {i: v for i, v in enumerate(x) if v > 1}


@program([f64([[1.0, 2.0], [3.0, 4.0]])])
def targets(m):
    return [a * b for a, b in m], [a + len(rest) for a, *rest in m]


@program([f64([3.0, 1.0, 2.0])], [f64([1.0])], grad=0)
def variable_that_is_a_parameter_too(x):
    shares = [v for v in map(lambda v: v / 2, x)]
    scaled = [(lambda v: v * 3)(v) for v in x]
    return shares, scaled, [f(1.0) for f in [lambda u, v=v: u + v for v in x]]


@program([f64([3.0, 1.0, 2.0])], [f64([1.0])], grad=0)
def variable_that_is_kept(x):
    return [f(1.0) for f in [lambda u: u + v for v in list(x)]]
