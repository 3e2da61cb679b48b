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
    match p:
        case q if y == 2:
            xp()
    if sum(k for k in Countdown(2)):
        x = x + 1
    return (x, [k for k in Countdown(0)])
