def f(x, y, n, p, v, box, d):
    u = y
    w = v
    a = v

    def inner2(k, **named):
        nonlocal a, w
        if n:
            w = xp.stack([k])
        else:
            a = a

    inner2(u)
    return a
