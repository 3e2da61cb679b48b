def f(x, y, n, p, v, box, d):
    if x > 5:
        for r, z in enumerate(v):
            max((r,), x)
            max([r], x)
    return (x,)
