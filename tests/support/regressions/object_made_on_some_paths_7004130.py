class Base:
    def __init__(self, total):
        self.total = total

    @classmethod
    def made_of(cls, t):
        return cls(t * 0.5)


class Tracked(Base):
    def fold(self, t, p):
        self.total * 0.5


def f(x, y, n, p, v, box, d):
    z = x
    if z:
        ob = Tracked.made_of(y)
    if ob.fold(x, p):
        pass
    bump
