"""Nested functions, closures, calls, imports.

PYTEST_DONT_REWRITE: asserts are among what is compared.
"""
# ruff: noqa: B023, E731, PIE804


def closures_see_changes(x, y):
    fs = []
    count = 0

    def show():
        return count, x

    for i in range(3):
        count += 1
        fs.append(lambda: (i, count))
        if i == x:
            x = "changed"
            fs.append(show)
    while count < y:
        count += 1
    return show(), [f() for f in fs]


def closure_of_unbound(x, y):
    def show():
        return later

    if x:
        later = y
    return show()


def closure_called_in_branch(x, y):
    z = x

    def get():
        return z

    if y:
        z = 5
        r = get()
    else:
        r = get()
        z = 6
    return r, get()


def nested_definitions(x, y):
    def outer(n, *rest, scale=2, **more):
        if n <= 0:
            return rest, more

        def inner(m=n):
            if m == y:
                return "y"
            return m * scale

        for r in rest:
            if r == x:
                return inner(r), inner()
        return outer(n - 1, n, *rest, scale=scale, **more)

    return outer(x), outer(3, x, y, scale=y), outer(2, k=x)


def recursion(x, y):
    def fib(n):
        if n < 2:
            return n
        return fib(n - 1) + fib(n - 2)

    even = lambda n: n == 0 or odd(n - 1)
    odd = lambda n: n != 0 and even(n - 1)
    return fib(abs(x)), even(abs(y))


def names_of_ours(x, y):
    then, orelse, body, test, stop, item, value = 1, 2, 3, 4, 5, 6, 7
    did_break = did_return = return_value = did_continue = "mine"
    _rt = [0]
    for _rt[0] in range(x):
        if y:
            return then, orelse, body, test, stop, item, value, did_break, _rt
        if x > 1:
            break
    else:
        return did_return, return_value, did_continue
    return _rt


def star_calls(x, y):
    def f(*args, **kwargs):
        return args, kwargs

    return f(*[x, y], x, **{"a": y}, b=x), f(), print.__name__


def imports(x, y):
    import math
    from collections import OrderedDict as Ordered

    if x:
        import math as m
    return math.floor(2.5), Ordered(a=y), m.ceil(1.5)
