import itertools


class Countdown:
    def __init__(self, p):
        self.p = p

    def __iter__(self):
        return self

    def __next__(self):
        if self.p:
            raise StopIteration
        self.p -= 1
        return self.p


def f(x, y, n, p, v, box, d):
    r = 1
    out = [x]
    for z, x in itertools.pairwise(v):
        if all(k for k in out):
            sum(k for k in Countdown(r))
            for r, y in enumerate(out):
                pass
