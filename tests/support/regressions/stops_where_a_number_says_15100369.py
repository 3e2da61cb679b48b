class Countdown:
    def __init__(self, p):
        self.p = p

    def __iter__(self):
        return self

    def __next__(self):
        if self.p <= 0:
            raise StopIteration
        self.p -= 1
        return self.p


def f(x, y, n, p, v, box, d):
    try:
        out = [x * k for k in Countdown(p)]
    finally:
        y = sum(x for k in Countdown(p))
    return (out, y)
