def f(x, y, n, p, v, box, d):
    w = v
    for x, x in zip(v, v):
        for x in filter(lambda k: k > x, w):
            pass
    return (x,)
