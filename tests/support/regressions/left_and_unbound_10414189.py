import contextlib


@contextlib.contextmanager
def catching(kind):
    try:
        yield
    except kind as error:
        pass


def f(x, y, n, p, v, box, d):
    with catching(ValueError):
        raise ValueError(y)
    pass
    del o
