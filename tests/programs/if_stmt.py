"""`if`, `elif`, `else` on tensors and on ordinary values, nested and mixed."""

import eager as xp
from support.programs import f32, f64, flags, i64, program

POSITIVE, NEGATIVE, MIXED = f64([1.0, 2.5]), f64([-1.0, -3.0]), f64([2.0, -1.5])


@program([POSITIVE], [NEGATIVE], [MIXED], [f64([])], [f64([float("nan"), 1.0])], [f32([1, 2])], grad=0)
def one_branch(x):
    y = x
    if xp.sum(x) > 0:
        y = x * 2.0
    return y


@program([POSITIVE], [NEGATIVE], [f64([[1.0, -2.0], [3.0, 4.0]])], [f32([-1.0])], grad=0)
def two_branches(x):
    if xp.sum(x) > 0:
        y = xp.exp(x)
    else:
        y = -x * x
    return y + 1.0


@program([f64(2.0)], [f64(-2.0)], [f64(0.0)], [f64(float("nan"))], [i64(3)], [i64(-3)], [i64(0)], grad=0)
def three_ways(x):
    if x > 0:
        y = x * 3
    elif x < 0:
        y = -x
    else:
        y = x + 10
    return y


@program([f64(3.0), 1], [f64(3.0), -1], [f64(-3.0), 1], [f64(-3.0), -2], [f64(1.0), 0], grad=0)
def tensor_in_python(x, n):
    if n > 0:
        if x > 0:
            y = x * n
        else:
            y = x / n
    else:
        y = x - n
    return y


@program([f64(3.0), True], [f64(3.0), False], [f64(-3.0), True], [f64(-3.0), False], grad=0)
def python_in_tensor(x, flag):
    if x > 0:
        if flag:
            x = x * x
        else:
            x = xp.sin(x)
    elif flag:
        x = xp.cos(x)
    return x


@program([f64([5.0, 1.0])], [f64([1.0, 5.0])], [f64([-5.0, -1.0])], [f64([-1.0, -5.0])], grad=0)
def nested(x):
    a, b = x[0], x[1]
    if a > b:
        if b > 0:
            r = a - b
        else:
            r = a * b
    else:
        r = a + b
        if a > 0:
            r = r * a
    return r


@program([f64([1.0])], [f64([[0.0]])], [f64(2.0)], [f64([1.0, 2.0])], [f64([])], [flags([True])], [i64([0])])
def truth_of_an_array(x):
    if x:
        return 1
    return 0


@program([f64(1.0), f64(2.0)], [f64(2.0), f64(1.0)], grad=(0, 1))
def swap(x, y):
    if x > y:
        x, y = y, x
    return x * 2 + y


@program([f64(1.0)], [f64(-1.0)])
def numbers_from_branches(x):
    if x > 0:
        n = 1
        t = 0.5
        b = True
    else:
        n = -1
        t = 2.5
        b = False
    return n, t, b, n * x, t * x


@program([f64(1.0)], [f64(-1.0)], [f32(1.0)], [f32(-1.0)], grad=0, adapts=True)
def number_or_tensor(x):
    if x > 0:
        y = x * 2
    else:
        y = 0.0
    return y + 1


@program([f64(1.0)], [f64(-1.0)])
def same_python_value(x):
    label = "none"
    if x > 0:
        label = "some"
        y = x
        label = "none"
    else:
        y = -x
    return label, y


@program([f64([1.0, 2.0]), 3], [f64([-1.0, 2.0]), 3], [f64([-1.0, 2.0]), -3])
def nothing_happens(x, n):
    if x[0] > 0:
        pass
    elif n > 0:
        pass
    else:
        n = n + 1
    return x, n


@program([i64(4)], [i64(7)], [i64(-1)])
def python_numbers_of_ints(x):
    n = 10
    if x % 2 == 0:
        n = n // 3
    else:
        n = n % 4
    return n + x


@program([f64([1.0, 2.0, 3.0])], [f64([3.0, 2.0, 1.0])], [f64([2.0])], [f64([])])
def different_sizes(x):
    if xp.sum(x) > 5 and x[0] < 2:
        y = x[1:]
    else:
        y = x[:1]
    return xp.sum(y), y


@program([f64(0.3), f64(2.0)], [f64(0.7), f64(2.0)], [f64(1.7), f64(-1.0)], grad=(0, 1))
def piecewise(x, a):
    y = x
    if x < 0.5:
        y = a * x * x
    if y > 1.0:
        y = y - a
    if y < -1.0:
        y = y + xp.exp(a)
    return y


@program([f64([4.0, 9.0])], [f64([-4.0, 9.0])], grad=0)
def guard_of_a_domain(x):
    if xp.min(x) > 0:
        y = xp.sum(xp.sqrt(x))
    else:
        y = xp.sum(x)
    return y


@program([f64(1.0), f64(1.0)], [f64(1.0), f64(-1.0)], [f64(-1.0), f64(1.0)], [f64(-1.0), f64(-1.0)], grad=(0, 1))
def chain_of_ifs(x, y):
    r = x * y
    if x > 0:
        r = r + x
    if y > 0:
        r = r * 2
    if r > 0:
        if x > y:
            r = r - 1
        r = r + y
    return r
