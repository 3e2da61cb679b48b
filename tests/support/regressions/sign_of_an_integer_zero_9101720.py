import functools


class Base:
    def __init__(self, total):
        pass


class Tracked(Base):
    @property
    def level():
        pass

    @level.setter
    def level(self, t):
        self.total = -t


def f(x, y, n, p, v, box, d):
    z = x
    w = v
    ob = Tracked(x)
    ob.level = sum([z for k in range(n)])
    inner1, inner2 = (lambda k: ob.total, lambda: o)
    y = inner1(x)

    def inner3(k):
        nonlocal w
        w = v * y

    functools.partial(inner3, y)()
    return (w,)
