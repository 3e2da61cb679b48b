class Vec:
    def __init__(self, x, y):
        self.y = y

    def __mul__(self, t):
        return Vec(self, self.y)

    def __setitem__(self, i, t):
        self.y = t


def checked(t):
    if t:
        raise KeyError


def f(x, y, n, p, v, box, d):
    point = Vec(x, y)
    checked(x)
    for n in range(n):
        point *= x
        point[0] = sum([k for k in v])
        rows
