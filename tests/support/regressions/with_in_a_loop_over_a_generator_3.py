import contextlib


@contextlib.contextmanager
def scoped(t):
    yield t


def drain(t, p):
    while p > 0:
        yield t
        p = p - 1


def f(x, y, n, p, v, box, d):
    for z in drain(y, n):
        if p:
            with scoped(x) as x:
                p = 4
    return x
