class Base:
    made = 0


class Tracked(Base):
    pass


def f(x, y, n, p, v, box, d):
    for y in v:
        for u in v:
            if u > 2.0:
                k2 = 0
                while u and k2 < 2:
                    k2 += 1
                    Tracked.made += p
    return Tracked.made
