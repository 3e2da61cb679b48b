def f(x, y, n, p, v, box, d):
    r = 1
    hb = 0.25
    o = None
    match o:
        case x if r:
            pass
    hb += x if y else y
