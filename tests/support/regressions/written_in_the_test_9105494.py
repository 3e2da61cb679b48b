class Base:
    def __init__(self, total):
        self.total = total

    def step(self, t):
        self.total = self.total
        return self.total

    def __call__(self, t):
        return self.step(t)


class Tracked(Base):
    def fold(self, t, p):
        for k in range(p % 3):
            self.total = 0.5
        return self


def f(x, y, n, p, v, box, d):
    u = y
    q = 3
    out = [x]
    s = (y, 2)
    ob = Tracked(x)
    k1 = 0
    while ob.fold(x, q) and k1 < 4:
        k1 += 1
        k2 = 0
        for p, (y, y) in enumerate(zip(v, out)):
            k3 = 0
            while n and k3 < 2:
                k3 += 1
                return (ob(u), y)
        for y, q in [s]:
            pass
    return (y, ob(y))
