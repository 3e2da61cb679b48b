import math


def f(x, y, n, p, v, box, d):
    z = math.sqrt(abs(x)) + float(y) * y.item()
    return [k * z * x for k in v]
