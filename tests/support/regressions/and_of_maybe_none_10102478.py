def f(x, y, n, p, v, box, d):
    o = None
    m = 2
    for y in v:
        del o
        for x, p in zip(v, range(2)):
            o = v[p]
            m = len(v)
    if m == 2 and o:
        pass
