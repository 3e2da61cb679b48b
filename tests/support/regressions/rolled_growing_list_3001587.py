class Base:
    @classmethod
    def made_of():
        pass


class Tracked(Base):
    pass


def f(x, y, n, p, v, box, d):
    out = [x]
    for y, y in zip(v, v):
        return ()
    for z in out:
        out.append(0)
        ob = Tracked.made_of
    ob
    pass
