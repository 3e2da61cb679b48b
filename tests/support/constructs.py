"""One small function per construct, for goldens of converted source. They stay as a user wrote them.

PYTEST_DONT_REWRITE: an assert is among them.
"""
# ruff: noqa: B007, B905, C416, F541, F821, SIM108

import numpy as np

LIMIT = 10


def if_else(x):
    if x > 0:
        y = x + 1
    else:
        y = -x
    return y


def if_elif(x, y):
    if x > 0:
        y = y + x
    elif x < -LIMIT:
        y = 0
    return y


def if_without_result(x, log):
    if x:
        log.append(x)


def if_unbound(x):
    if x > 0:
        y = x
    print(y)


def while_loop(a, tol):
    x = a
    while abs(x * x - a) > tol:
        better = 0.5 * (x + a / x)
        x = better
    return x


def for_range(n, a):
    total = 0
    for i in range(n):
        total += a * i
    return total


def for_target_after(xs):
    for i, (a, *b) in enumerate(xs):
        pass
    return i, a, b


def for_break_else(xs, t):
    for x in xs:
        if x == t:
            break
    else:
        x = None
    return x


def while_true(x):
    while True:
        x = x // 2
        if x < LIMIT:
            break
    return x


def continue_partly(xs):
    total = 0
    for x in xs:
        if x > 0:
            if x > LIMIT:
                continue
            total += x
        total -= 1
    return total


def return_in_branches(x):
    if x > 0:
        return x
    elif x < 0:
        return -x
    return None


def return_in_loop(xs, t):
    for i, x in enumerate(xs):
        if x == t:
            return i
    return -1


def return_from_nested_loops(rows, t):
    for row in rows:
        for x in row:
            if x == t:
                return row
            if x is None:
                break
        print(row)


def return_nothing(self, x):
    if x < 0:
        return
    self.x = x


def raises(x):
    if x < 0:
        raise ValueError(f"negative: {x}")
    return x**0.5


def operators(a, b, c):
    return ((a and b) or not c), 0 < a < b, a in [1, 2], b not in c, a if b else c


def calls(f, x):
    return f(x, *x, k=f), x.sum(axis=0), np.sum([x, x]), len(x), [f(y) for y in [x, x] if y]


def stores(self, x, i, v):
    self.a = v
    self.a.b += v
    x[i], x[1:], (y, *self.rest) = v, v(), v
    x[i + 1] = v(i)
    x[i] *= v
    x[i] -= v(i)
    y = x[i, :] = v
    z: int = y
    z **= 2
    return z


def f_strings(x, w):
    return f"plain", f"{x} and {x!r:>{w}} and {x=:.3f}"


def asserts(x):
    assert x
    assert x > 0, f"{x} is not positive"


def captured(xs):
    best = None

    def key(x):
        return x - best if best and x > 0 else x

    for x in xs:
        if best is None or key(x) > key(best):
            best = x
    return best


def nested(n, k=2):
    def inner(m=n or 1, *rest, **options):
        """Its own docstring."""
        if m > k:
            return m
        for r in rest:
            if r:
                return r

    return inner(n), lambda y=n: y and k


def try_statement(x, y):
    try:
        z = f(x)
        if z > y:
            return z
        z = z + y
    except (KeyError, ValueError) as e:
        print(e)
        z = y
    except TypeError:
        raise
    else:
        y = z
    finally:
        x.close()
    return y, z


def with_statement(x):
    with lock, opened(x) as (first, second):
        y = first + second
        if y > 0:
            return y
    return x


def match_statement(x, y):
    match x:
        case 0 | 1:
            y = 1
        case [first, *_] if first > y:
            y = first
        case {"k": z}:
            y = z
        case other:
            y = other
    return y


def walrus(x, y):
    while (z := x - y) > 0:
        x = z
    return x > 0 and (w := f(x)) and w


def comprehensions(x, y):
    rows = [[a * b for b in y if b] for a in x if a > 0]
    return {k: v for k, v in zip(x, y)}, sum(a for a in x), {a for row in rows for a in row}


def generator(x, n):
    """Yields twice."""
    for i in range(n):
        if x > i:
            yield x
    yield from x


def deletions(x, y):
    z = x
    if y:
        del z, x[0], y.a
    return z


def outer_names(x):
    n = 0

    def count(v):
        nonlocal n
        global TOTAL
        n += 1
        TOTAL = v

    count(x)
    return n


CONSTRUCTS = [
    if_else,
    if_elif,
    if_without_result,
    if_unbound,
    while_loop,
    for_range,
    for_target_after,
    for_break_else,
    while_true,
    continue_partly,
    return_in_branches,
    return_in_loop,
    return_from_nested_loops,
    return_nothing,
    raises,
    operators,
    calls,
    stores,
    f_strings,
    asserts,
    captured,
    nested,
    try_statement,
    with_statement,
    match_statement,
    walrus,
    comprehensions,
    generator,
    deletions,
    outer_names,
]
