"""Names that are bound on some paths only."""

import eager as xp
from support.programs import f64, i64, program


@program([f64(1.0)], [f64(-1.0)])
def in_one_branch(x):
    if x > 0:
        y = x * 2
    return y


@program([f64(1.0), f64(1.0)], [f64(-1.0), f64(1.0)], [f64(1.0), f64(-1.0)], [f64(-1.0), f64(-1.0)], grad=0)
def read_under_the_same_test(x, y):
    if x > 0:
        z = x * y
    r = x
    if x > 0:
        r = r + z
    return r


@program([f64(1.0)], [f64(-1.0)])
def never_read(x):
    if x > 0:
        y = x
    return x


@program([i64(0)], [i64(1)], [i64(4)])
def bound_in_a_loop(n):
    for i in range(n):
        last = i * 2
    return last


@program([f64(0.5)], [f64(5.0)])
def bound_in_a_while(x):
    while x > 1:
        y = x
        x = x / 2
    return y


@program([f64(1.0), True], [f64(1.0), False], [f64(-1.0), True], [f64(-1.0), False])
def python_and_tensor(x, flag):
    if flag:
        y = 1
    if x > 0:
        y = 2
    return y


@program([f64(3.0)], [f64(1.0)], [f64(-3.0)])
def bound_by_one_of_two(x):
    if x > 2:
        y = x
    if x < 0:
        y = -x
    return y + 1


@program([f64([1.0, -1.0, 2.0])], [f64([-1.0, 1.0])], [f64([])], adapts=True)
def carried_from_trip_to_trip(x):
    total = 0.0
    for v in x:
        if v > 0:
            positive = v
        total = total + positive
    return total


@program([f64(1.0)], [f64(-1.0)], adapts=True)
def deleted_by_nobody(x):
    if x > 0:
        a = 1
        b = x
    else:
        a = 2
    if x > 0:
        return b + a
    return a


@program([f64(3.0)], [f64(-3.0)])
def number_on_one_path(x):
    if x > 0:
        n = 5
    if x > 1:
        x = x * n
    return x


@program([f64([1.0, 4.0])], [f64([-1.0])], [f64([])])
def found_or_not(x):
    found = False
    for v in x:
        if v > 0:
            best = v
            found = True
    if found:
        return best
    return xp.asarray(-1.0)


@program([f64(1.0)], [f64(-1.0)])
def tuple_on_one_path(x):
    if x > 0:
        pair = (x, 1)
    if x > 0:
        a, b = pair
        return a + b
    return x


@program([f64(1.0)], [f64(-1.0)])
def set_in_nested_branches(x):
    if x > -5:
        if x > 0:
            y = x
        else:
            z = x
    if x > 0:
        return y
    return z


@program([f64(1.0)], [f64(-1.0)])
def augmented_on_one_path(x):
    if x > 0:
        n = 1
    n += 1
    return n


@program([f64(1.0), f64(1.0)], [f64(-1.0), f64(1.0)], [f64(1.0), f64(-1.0)], [f64(-1.0), f64(-1.0)], adapts=True)
def widened_on_another_path(a, b):
    if a > 0:
        n = 1
    if b > 0:
        n = 2.5
    if a > 0 or b > 0:
        return n * 1.0
    return -1.0


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])], adapts=True)
def read_in_a_loop(x):
    if x[0] > 0:
        w = x * 2
    total = 0.0
    for v in x:
        if w[0] > v:
            break
        total = total + w[0]
    return total
