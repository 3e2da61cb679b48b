"""Augmented assignment to names: in place on tensors and lists, as every alias sees it."""

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
