class Base:
    pass


class Tracked(Base):
    pass


def f(x, y, n, p, v, box, d):
    e = v
    for u in filter(lambda k: k > y, v):

        def made1(k):
            yield k
            print()

        list(made1(Tracked))
        for y in e:
            pass
