def f(x, y, n, p, v, box, d):
    m = n
    ok = p
    o = None
    e = v
    match o:
        case x if ok:
            for p in range(m, 1):
                if p:
                    x = e
                return y > x
