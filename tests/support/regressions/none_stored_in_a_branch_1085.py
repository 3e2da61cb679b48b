def f(x, y, n, p, v, box, d):
    o = None
    if x >= xp.max(v):
        v[0] = o
    return v
