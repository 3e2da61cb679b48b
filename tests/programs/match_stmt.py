"""`match` on ordinary values and on tensors, with guards."""

from dataclasses import dataclass

from support.programs import f64, i64, program


@dataclass
class Point:
    x: object
    y: object


@program(
    *([f64(2.0), s] for s in (0, 1, 2, (3, 4), [5, 6, 7], {"k": 2, "z": 1}, "abc", None, 11, 5, 2.5)),
    [f64(2.0), Point(0, 5)],
    [f64(2.0), Point(7, 3)],
    [f64(2.0), ()],
    grad=0,
)
def structures(x, s):
    match s:
        case 0:
            return x
        case 1 | 2:
            return x * 2
        case [a, b]:
            return x * a + b
        case [a, *rest]:
            return x * a + len(rest)
        case {"k": v, **others}:
            return x * v + len(others)
        case Point(x=0, y=q) if q > 1:
            return x * q
        case Point(q, 3):
            return x + q
        case str() as t:
            return x, t
        case None:
            return x, "none"
        case int(n) | float(n) if n > 10:
            return x * n
        case _:
            return x, "other"


@program([i64(0)], [i64(2)], [i64(7)], [i64(3)], [3], adapts=True)
def tensor_values(x):
    match x:
        case 0:
            r = 10
        case 1 | 2:
            r = 20
        case y if y > 5:
            r = y + 1
        case _:
            r = -1
    return r


@program(
    [f64(1.0), f64(1.0), f64(5.0)],
    [f64(1.0), f64(4.0), f64(0.0)],
    [f64(1.0), f64(4.0), f64(2.0)],
    [f64(1.0), f64(2.0), f64(3.0)],
    grad=0,
)
def tensors_in_an_object(x, a, b):
    match Point(a, b):
        case Point(x=1, y=q):
            return q * x
        case Point(x=k, y=0):
            return k * k * x
        case Point(x=p, y=q) if p > q:
            return p - q * x
        case _:
            return x * 0


@program([f64([1.0, 2.0, 3.0])], [f64([1.0])], [f64([])], [f64([2.0, -1.0])])
def a_list_of_the_graph(x):
    found = []
    for v in x:
        if v > 0:
            found.append(v)
    match found:
        case []:
            return x * 0, 0
        case [only]:
            return x * only, 1
        case [first, *others]:
            return x * first, len(others)


@program([f64([1.0, -2.0, 3.0])], [f64([])], adapts=True)
def in_a_loop(x):
    total = 0.0
    for i, v in enumerate(x):
        match (i, v):
            case (0, w):
                total = total + w
            case (_, w) if w < 0:
                continue
            case (1 | 2, w):
                total = total + w * 10
    return total


@program([f64(1.0), 3], [f64(-1.0), 3], [f64(1.0), 4])
def names_stay_bound(x, n):
    match n:
        case k if k == 4 and x > 0:
            r = x
        case 3:
            r = -x
    return r, k


@program([f64(1.0), [1, 2]], [f64(1.0), (1, 2, 3)])
def no_case_fits(x, s):
    match s:
        case [a, b]:
            x = x * a + b
    return x


@program([f64(1.0), i64(2), f64(0.5)], [f64(1.0), i64(2), f64(0.0)], [f64(1.0), i64(3), f64(0.5)])
def guard_that_is_a_number(x, n, y):
    match (x, n):
        case [u, 2] if y:
            x = u * y
        case [u, k] if k:
            x = u - k
    return x


@program([f64(1.0)], [f64(-1.0)])
def structure_of_what_may_be_none(x):
    held = [x, x * 2] if x > 0 else None
    match held:
        case [first, *rest]:
            return first + len(rest)
        case None:
            return -x
        case _:
            return x * 0


@program([f64(1.0)], [f64(-1.0)])
def class_of_what_may_be_none(x):
    n = int(x * 3) if x > 0 else None
    match n:
        case int(k):
            return x + k
        case _:
            return x


@program([f64(1.0)], [f64(-1.0)])
def class_of_a_chosen_text(x):
    name = "hot" if x > 0 else "cold"
    match name:
        case int():
            return 0, ""
        case str(text):
            return 1, text
