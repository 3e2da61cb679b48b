"""Unpacking of tuples and tensors, starred names, several targets."""

from support.programs import f64, program


@program([f64([1.0, -2.0, 3.0])], grad=0)
def of_a_tensor(x):
    a, b, c = x
    return a * b + c


@program([f64([1.0, -2.0, 3.0])], [f64([1.0])], [f64([])])
def starred(x):
    first, *rest = x
    return first, rest


@program([f64([1.0, 2.0])], [f64([1.0, 2.0, 3.0])], [f64([1.0])])
def wrong_number(x):
    a, b = x
    return a * b


@program([f64([[1.0, 2.0], [3.0, 4.0]])], grad=0)
def nested(x):
    (a, b), (c, d) = x
    [e, (f, *g)] = a, (b, c, d)
    return a * d - b * c, e, f, g


@program([f64(2.0)], grad=0)
def several_targets(x):
    a = b = x * 2
    c, d = e = (a, b)
    a += 1
    return a, b, c, d, e


@program([f64([[1.0, 2.0], [3.0, 4.0]])], [f64([[1.0, 2.0]] * 3)], adapts=True)
def in_a_for(x):
    total = 0.0
    for i, (a, *others) in enumerate(x):
        total = total + a * i + len(others)
    return total


@program([f64(1.0), f64(2.0)], [f64(3.0), f64(2.0)], grad=(0, 1))
def swaps(a, b):
    if a > b:
        a, b = b, a
    items = [a, b]
    items[0], items[1] = items[1], items[0] * 2
    return a - b, items


@program([f64(0.0)])
def of_a_number(x):
    a, b = x
    return a
