def f(x, y, n, p, v, box, d):
    z = x
    u = x
    for x in v:
        d.setdefault("c")
        if y < 0:
            (y,) = ()
        else:
            w = v
            w[w > u] += x
        u = z
