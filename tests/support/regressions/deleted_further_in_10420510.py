import functools


def twice(function, t):
    return function(t)


def both(t):
    yield t
    yield t


def f(x, y, n, p, v, box, d):
    z = x
    o = None
    for y in both(y):

        def inner1(k):
            nonlocal o

            def inner2(k):
                w = v
                w[p] += z if o is None else o
                pass

            twice(inner2, x)
            del o

        functools.partial(inner1, y)()
