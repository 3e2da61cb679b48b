from collections import namedtuple

Pair = namedtuple


def f(x, y, n, p, v, box, d):
    out = [x]
    x, z, u = v
    if y:

        def inner2(k):
            nonlocal pt
            pass
            pt = Pair

        inner2(u)
    else:
        out[n] = y
        z = u
    pt = pt
    u -= xp.sum(v)
    out.append(z)
