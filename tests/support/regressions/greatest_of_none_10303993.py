def f(x, y, n, p, v, box, d):
    o = None
    match o:
        case x if p > p:
            x = v[0]
        case x if y < 0:
            x = v[1]
    return max(x, y)
