import itertools


def f(x, y, n, p, v, box, d):
    for r in range(n):
        for x in itertools.islice(v, r):
            pass
    return (x,)
