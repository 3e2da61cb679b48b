"""`break` and `continue`, in loops of Python and of the graph, and `else` of loops."""

import eager as xp
from support.programs import f64, i64, program


@program([f64([1.0, 2.0, -1.0, 4.0])], [f64([-1.0])], [f64([1.0, 2.0])], [f64([])], grad=0, adapts=True)
def break_in_for(x):
    total = 0.0
    for v in x:
        if v < 0:
            break
        total = total + v * v
    return total


@program([f64([1.0, 2.0, -1.0, 4.0])], [f64([-1.0])], [f64([1.0, 2.0])], [f64([])], grad=0, adapts=True)
def continue_in_for(x):
    total = 0.0
    for v in x:
        if v < 0:
            continue
        total = total + v * v
    return total


@program([f64(100.0)], [f64(1.0)], [f64(0.1)], grad=0)
def break_out_of_while_true(x):
    n = 0
    while True:
        if x < 1:
            break
        x = x / 3
        n += 1
    return x, n


@program([f64(100.0), 3], [f64(100.0), 50], [f64(0.5), 3])
def two_ways_out(x, limit):
    n = 0
    while True:
        if x < 1:
            break
        x = x / 2
        n += 1
        if n >= limit:
            break
    return x, n


@program([i64(10)], [i64(0)], [i64(3)])
def continue_in_while(n):
    total = 0
    i = 0
    while i < n:
        i += 1
        if i % 3 == 0:
            continue
        total = total + i
    return total


@program([i64(10)], [i64(0)], [i64(4)])
def both(n):
    total = 0
    for i in range(n):
        if i % 2 == 1:
            continue
        if i > 6:
            break
        total = total * 3 + i
    return total


@program([f64([1.0, 5.0, 2.0]), f64(5.0)], [f64([1.0, 5.0, 2.0]), f64(7.0)], [f64([]), f64(0.0)])
def search_with_else(x, wanted):
    at = -1
    for i, v in enumerate(x):
        if v == wanted:
            at = i
            break
    else:
        at = 100
    return at


@program([f64([[1.0, -1.0, 3.0], [2.0, 2.0, 2.0]])], [f64([[-1.0], [1.0]])], grad=0)
def inner_break(x):
    total = 0.0
    for row in x:
        for v in row:
            if v < 0:
                break
            total = total + v * v
        total = total * 2.0
    return total


@program([f64([[1.0, -1.0, 3.0], [2.0, 2.0, 2.0]])], [f64([[-1.0], [1.0]])], grad=0)
def inner_and_outer(x):
    total = 0.0
    for row in x:
        if row[0] < 0:
            continue
        for v in row:
            if v < 0:
                continue
            if v > 2.5:
                break
            total = total + v * v
        if total > 10:
            break
    return total


@program([f64(3.0), [1.0, 2.0, 3.0, 4.0]], [f64(0.5), [1.0, 2.0]], [f64(3.0), []], grad=0)
def tensor_break_in_python_loop(x, items):
    for item in items:
        x = x - item
        if x < 0:
            break
    return x


@program([f64(3.0), [1.0, 2.0, 3.0, 4.0]], [f64(0.5), [1.0, 2.0]], [f64(3.0), []], grad=0)
def tensor_continue_in_python_loop(x, items):
    total = x * 0.0
    for item in items:
        if x * item > 4:
            continue
        total = total + item * x
    return total


@program([f64(50.0)], [f64(2.0)], [f64(-1.0)])
def while_with_else(x):
    n = 0
    while x > 1:
        x = x / 2
        n += 1
        if n == 3:
            break
    else:
        x = x + 1000
    return x, n


@program([i64(5), i64(3)], [i64(2), i64(9)], [i64(0), i64(0)])
def break_deep_in_ifs(n, m):
    total = 0
    for i in range(n):
        if i > 1:
            if m > 2:
                if i * m > 8:
                    break
                total = total + 1
            else:
                continue
        total = total + 10
    return total


@program([f64([3.0, 1.0, 2.0]), f64(2.5)], [f64([3.0, 1.0, 2.0]), f64(10.0)])
def value_kept_at_the_break(x, limit):
    found = xp.asarray(-1.0)
    total = xp.asarray(0.0)
    for v in x:
        total = total + v
        if total > limit:
            found = v
            break
    return found, total


@program([i64(7)], [i64(1)], [i64(0)])
def break_on_a_python_test(n):
    total = n
    for i in range(10):
        if i == 3:
            break
        total = total + i
    return total


@program([f64(9.0)], [f64(0.0)])
def continue_guarded_by_python(x):
    for i in range(5):
        if i % 2 == 0:
            continue
        if x > 3:
            x = x - i
            continue
        x = x + 0.5
    return x


@program([f64(3.0), f64([1.0, 2.0])], [f64(3.0), f64([])], grad=(0, 1))
def one_trip_at_most(x, v):
    """No trip begins with what the first one leaves, and the loop ends with it: `y` and `x` are two objects then."""
    y = x
    for x in v:
        try:
            pass
        except ValueError:
            y = x
        break
    return y, x
