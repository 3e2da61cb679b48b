import contextlib


class Scope:
    def __init__(self, box):
        pass

    def __enter__(self):
        pass

    def __exit__(self, kind, error, traceback):
        print()


@contextlib.contextmanager
def scoped(t):
    try:
        yield (t * 2.0)
    finally:
        print


def halved(t):
    if t:
        return t
    return halved()


def f(x, y, n, p, v, box, d):
    with Scope(box), scoped(y) as y:
        halved(y)
        d["a"] = y
    y += x
