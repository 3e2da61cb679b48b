def f(x, y, n, p, v, box, d):
    out = []
    w = v
    pass
    for x in filter(lambda k: k > x, w):
        out.append(max)
    return (out,)
