def f(x, y, n, p, v, box, d):
    u = y
    q = 3
    o = None
    match o:
        case x if u:
            pass
        case None:
            x = n
            pass
    w = v
    w[q] = x
