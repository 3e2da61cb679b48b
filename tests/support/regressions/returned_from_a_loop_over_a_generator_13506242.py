class Total:
    def __init__(self, total):
        self.total = total

    @property
    def double(self):
        return self.total * 2.0 if self.total > 0 else self.total


def counted(n):
    for k in range(n):
        yield -k


def f(x, y, n, p, v, box, d):
    z = x
    a = xp.stack([v])
    ob = Total(x * 1.0)
    for row in a:
        match p:
            case 1 | 2:
                pass
            case -1:
                for u in [x, x]:
                    for q in counted(n % 4):
                        if y == ob.double:
                            return (y,)
        (y if u < 0.5 else z) * z
        x, y, u = xp.sum(a, axis=0)
