"""`==`, `!=` and `in` of values that are None on some paths."""

import eager as xp
from support.programs import f64, program

TWO = ([f64(2.0), f64(1.0)], [f64(-2.0), f64(1.0)], [f64(2.0), f64(-1.0)], [f64(-2.0), f64(-1.0)], [f64(1.0), f64(1.0)])


@program(*TWO)
def equal_to_what_is_there(x, y):
    best = None
    if x > 0:
        best = x
    if best == y:
        return x
    if y != best:
        return x * 2
    return y


@program(*TWO)
def of_two_that_may_be_none(x, y):
    best = other = None
    if x > 0:
        best = x
    if y > 0:
        other = y
    if best == other:
        return x
    return y * 3


@program(*TWO, adapts=True)
def unequal_of_two(x, y):
    best = other = None
    if x > 0:
        best = x
    if y > 0:
        other = y
    return x if best != other else y, best != other


@program(*TWO)
def of_numbers(x, y):
    best = None
    if x > 0:
        best = 3
    return best == 3, best != 3, 3 == best, best == 4


@program(*TWO, adapts=True)
def to_the_item_before(x, y):
    last = None
    same = 0
    for v in xp.stack([x, y, y, x]):
        if v == last:
            same += 1
        last = v
    return same


class Point:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return other is not None and self.x == other.x


@program(*TWO)
def of_objects(x, y):
    p = Point(y)
    q = None
    if x > 0:
        q = Point(x)
    r = 0
    if p == q:
        r += 1
    if q == p:
        r += 2
    if q != p:
        r += 4
    if q != q:
        r += 8
    return r


@program(*TWO)
def of_texts(x, y):
    q = None
    if x > 0:
        q = "some"
    r = 0
    if q == "some":
        r += 1
    if q != "other":
        r += 2
    return r


@program(*TWO, refused="the comparison is one bool or two of them")
def of_vectors(x, y):
    q = None
    v = xp.stack([x, y])
    if x > 0:
        q = v * y
    if (q == v) is True:
        return x
    return y


@program(*TWO, adapts=True)
def among_items(x, y):
    q = None
    if x > 0:
        q = x
    return q in [x, y], x in [q, y], [q, 1.0] == [x, 1.0], (q, y) == (x, y)


@program(*TWO, adapts=True)
def in_a_range(x, y):
    q = k = None
    if x > 0:
        q = 2
        k = x
    return q in range(3), k in range(2), k not in range(2, 9, 2)


@program(*TWO)
def greatest_and_least(x, y):
    best = None
    if x > 0:
        best = x
    seen = 0
    try:
        seen = max(best, y)
    except TypeError as error:
        print(error)
    try:
        seen = max(y, best)
    except TypeError as error:
        print(error)
    return seen, min(y, best)
