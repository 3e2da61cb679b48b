"""Augmented assignment to names: in place on tensors and lists, as every alias sees it."""

from types import SimpleNamespace

import numpy as np

import eager as xp
from support.programs import f32, f64, i64, program


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], [f32([1.0])], [f64([])])
def argument_changed_in_place(x):
    x += 1
    x *= 2
    return xp.sum(x)


@program([f64([1.0, 2.0]), f64(1.0)], [f64([1.0, 2.0]), f64(-1.0)])
def in_a_branch(x, y):
    if y > 0:
        x += y
    else:
        x -= 1
    return x


@program([f64(1.0), i64(3)], [f64(1.0), i64(0)])
def in_a_loop(x, n):
    for i in range(n):
        x += i
        x /= 2
    return x


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])])
def alias_sees_it(x):
    y = x
    if x[0] > 0:
        y += 10
    return x, y


@program([f64([1.0, 2.0])])
def new_value_is_not_seen(x):
    y = x
    y = y + 10
    y += 1
    return x, y


@program([i64(3)], [i64(0)])
def numbers(n):
    a, b, c = 1, 1.0, 7
    for i in range(n):
        a += i
        b /= 2
        c //= 2
        a <<= 1
        c |= 8
        b **= 2
        a -= c % 3
    return a, b, c


@program([i64([1, 2, 3])], [i64([])])
def integers_in_place(x):
    x += 1
    x *= 3
    x -= 2
    x //= 2
    x %= 4
    x ^= 1
    return x


@program([f64([1.0, 2.0]), f64([3.0, 4.0])], grad=(0, 1))
def of_fresh_tensors(x, y):
    z = x * y
    z += x
    z *= z
    z -= y
    return z


@program([f64([[1.0, 2.0], [3.0, 4.0]])], grad=0)
def matmul_in_place(x):
    y = x + 0.0
    y @= x
    return y


@program([f64(4.0)], [f64(0.5)], grad=0)
def in_a_while(x):
    total = x * 0.0
    while x > 1:
        x = x - 1
        total += x * x
    return total


@program([i64(2)], [i64(5)])
def wrong_dtype_in_place(x):
    x += 0.5
    return x


@program([f64([1.0, 2.0]), i64(2)], [f64([1.0, 2.0]), i64(0)])
def alias_in_a_loop(x, n):
    y = x
    for i in range(n):
        x += 1
        y *= 2
    return x, y


THREE = f64([1.0, -2.0, 3.0])
SUMS = [THREE, i64(3)], [THREE, i64(0)], [f64(np.zeros(0)), i64(1)]


@program(*SUMS, grad=0, adapts=True)
def number_in_a_for(x, n):
    total = 0.0
    for v in x:
        total += v * v
    product = 1
    for i in range(n):
        product *= x.sum() + i
    return total, product


@program(*SUMS, grad=0, adapts=True)
def number_in_a_while(x, n):
    total, i = 0, 0
    while i < n:
        total -= xp.sum(x)
        i += 1
    return total


@program(*SUMS, grad=0, adapts=True)
def number_in_a_branch_of_a_loop(x, n):
    total = 0.0
    count = 0
    for v in x:
        if v > 0:
            total += v
            count += 1
        elif n > 2:
            total *= v
    return total, count


@program(*SUMS, grad=0, adapts=True)
def number_in_loops_in_loops(x, n):
    total = 0.0
    for i in range(n):
        row = 0.0
        for v in x:
            row += v * i
            total += row
        total += row
    return total


@program(*SUMS, grad=0, adapts=True)
def number_beside_its_value_before(x, n):
    total = 0.0
    before = []
    for v in x:
        before.append(total * 1)
        total += v
        total *= 2
    last = total
    total = total + n
    return total, last, before


@program(*SUMS, grad=0, adapts=True)
def numbers_of_an_object(x, n):
    class_ = SimpleNamespace(total=0.0, product=1)
    sums = {"a": 0.0}
    pair = [0, 0.0]
    for v in x:
        class_.total += v
        class_.product *= v
        sums["a"] += v
        pair[1] += v * n
    return class_.total, class_.product, sums, pair
