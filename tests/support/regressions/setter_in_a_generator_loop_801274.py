class Base:
    def __init__(self, total):
        pass


class Tracked(Base):
    @property
    def level():
        pass

    @level.setter
    def level(self, t):
        self.total = t


def f(x, y, n, p, v, box, d):
    u = y
    ob = Tracked(x)

    def made1(k):
        for j in range(n % 3):
            yield (k * x)

    for x in made1(u):
        ob.level = max
        for x in k:
            pass
