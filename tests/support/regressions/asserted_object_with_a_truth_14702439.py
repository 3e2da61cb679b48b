class Vec:
    def __init__(self, x, y):
        self.x = x

    def __bool__(self):
        return bool(self.x)


class Many:
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return int(self.n)


def f(x, y, n, p, v, box, d):
    point = Vec(x, y)
    assert point, ""
    assert Vec(n + 5, y)
    try:
        assert Many(n * 0), f"none of {p}"
    except AssertionError as error:
        x = x + len(str(error))
    return x
