class Base:
    pass


class Tracked(Base):
    pass


def f(x, y, n, p, v, box, d):
    m = n
    for p in range(2):
        if m:
            (*out,) = []
        out.append(Tracked)
