def f(x, y, n, p, v, box, d):
    out = []
    for x in filter(lambda k: k > x, v):
        out.append(y)
    return (out,)
