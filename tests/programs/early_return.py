"""`return` before the end: in branches, in loops, after them; with other values and structures."""

import eager as xp
from support.programs import f32, f64, i64, program


@program([f64(1.0)], [f64(-1.0)], [f32(-1.0)], [f64(float("nan"))], grad=0)
def in_a_branch(x):
    if x > 0:
        return x * 2
    y = x * x
    return y + 1


@program([f64(1.0)], [f64(-1.0)], [f64(0.0)], grad=0)
def in_every_branch(x):
    if x > 0:
        return x * 2
    elif x < 0:
        return -x
    else:
        return x + 5


@program([f64([1.0, -2.0, 3.0])], [f64([1.0])], [f64([])], grad=0)
def in_a_for(x):
    total = xp.asarray(0.0)
    for v in x:
        if v < 0:
            return total * v
        total = total + v
    return total


@program([f64(100.0), f64(10.0)], [f64(100.0), f64(0.01)], [f64(0.5), f64(1.0)], grad=0)
def in_a_while(x, stop):
    while x > 1:
        if x < stop:
            return x * 1000.0
        x = x / 3
    return x


@program([i64(4), i64(3)], [i64(4), i64(100)], [i64(0), i64(0)])
def from_nested_loops(n, wanted):
    for i in range(n):
        for j in range(n):
            if i * j == wanted:
                return i * 100 + j
    return -1


@program([f64(1.0)], [f64(-1.0)])
def pairs(x):
    if x > 0:
        return x, 1
    return -x, 2


@program([f64(1.0), True], [f64(-1.0), False], [f64(-1.0), True], [f64(1.0), False])
def python_return_around(x, flag):
    if flag:
        return x, "flag"
    if x > 0:
        return x + 1, "tensor"
    return x + 2, "tensor"


@program([f64(1.0)], [f64(-1.0)], adapts=True)
def number_or_tensor(x):
    if x > 0:
        return x
    return 0.0


@program([f64(5.0), 3], [f64(1.0), 3], [f64(-5.0), 3], grad=0)
def in_a_python_loop(x, n):
    for i in range(n):
        if x > 3:
            return x * i
        x = x + 1
    return x


@program([f64(3.0)], [f64(-3.0)], grad=0)
def after_a_branch(x):
    if x > 0:
        y = x + 1
    else:
        y = x - 1
    if y > 3:
        return y * y
    return y


@program([f64(3.0)], [f64(12.0)], [f64(-1.0)], grad=0)
def return_in_while_true(x):
    while True:
        x = x + 2
        if x > 10:
            return x
        x = x * 1.5
        if x > 9:
            return -x


@program([f64([1.0, 2.0])], [f64([-1.0, 2.0])])
def dicts(x):
    if xp.all(x > 0):
        return {"x": x, "n": 1}
    return {"x": x * 2, "n": 2}


@program([f64(1.0)], [f64(-1.0)])
def falls_off_the_end(x):
    if x > 0:
        x = x + 1


@program([f64([3.0, 1.0, 2.0]), f64(1.0)], [f64([3.0, 1.0, 2.0]), f64(8.0)])
def index_of(x, wanted):
    for i, v in enumerate(x):
        if v == wanted:
            return i
    return -1


@program([i64(2)], [i64(7)], [i64(1)], [i64(9)])
def is_prime(n):
    if n < 2:
        return False
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True
