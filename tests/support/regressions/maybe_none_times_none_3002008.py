def even(n):
    return True if n else odd(n)


def odd(n):
    pass


def f(x, y, n, p, v, box, d):
    w = v
    u = None
    w[even(n) * u] += y
