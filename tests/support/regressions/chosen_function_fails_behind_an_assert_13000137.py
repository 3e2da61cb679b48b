def half(t):
    return t * 0.5


def f(x, y, n, p, v, box, d):
    o = None
    assert x == y, p
    return ((half if x > 0 else xp.cos)(o),)
