import functools


def f(x, y, n, p, v, box, d):
    o = None

    def inner1(k, **named):
        pass
        sum([k for k in v if y > 0.5]) + o

    functools.partial(inner1, x)()
