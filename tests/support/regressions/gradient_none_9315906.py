def f(x, y, n, p, v, box, d):
    z = x
    e = v
    a = v
    out = []
    s = (y, 2)
    for q in range(n, 1, -1):
        (*out,) = [y]
    for x, q in [s]:
        if y - x:
            return (xp.sum(a), e[e > x])
    for x in out:
        if xp.sum(a) < z:
            return (v.sum(), e)
