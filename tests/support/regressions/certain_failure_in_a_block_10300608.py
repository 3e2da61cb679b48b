import contextlib


class Tracked:
    pass


@contextlib.contextmanager
def scoped(t):
    try:
        yield t
    finally:
        print


def twice(function, t):
    return function()


def f(x, y, n, p, v, box, d):
    z = x
    q = 3
    ob = Tracked

    def inner1(*more, by=q):
        if x > 0:
            return k

    twice(inner1, x)
    with scoped(ob) as y:
        try:
            out
        finally:
            d["a"] *= z
