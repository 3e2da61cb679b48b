import contextlib


@contextlib.contextmanager
def scoped(t):
    try:
        yield t
    finally:
        print


def checked(t):
    if t > 2:
        raise KeyError


def f(x, y, n, p, v, box, d):
    out = [x]
    try:
        with scoped(y) as z:
            x = z + n
            out[n]
    finally:
        checked(x)
