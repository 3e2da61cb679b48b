class Count:
    def __init__(self, total):
        self.total = total

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.total = self.total - 1.0


def f(x, y, n, p, v, box, d):
    with Count(x) as count:
        if y < 5:
            count.total = None
            x = v[n * 3]
            count.total = x
    return x, count.total
