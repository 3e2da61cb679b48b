TOTAL = xp.asarray(0.5)


def f(x, y, n, p, v, box, d):
    global TOTAL
    if x == xp.sum(v):
        TOTAL = y
