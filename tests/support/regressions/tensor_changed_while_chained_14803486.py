import itertools


def twice(function, t):
    return function(t)


def f(x, y, n, p, v, box, d):
    for y in itertools.chain(v):

        def inner3(k):
            pass
            v[-1] = y
            pass

        twice(inner3, x)
    return (y,)
