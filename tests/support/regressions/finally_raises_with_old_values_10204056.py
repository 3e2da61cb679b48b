def f(x, y, n, p, v, box, d):
    m = n
    o = None
    out = [x]
    match o:
        case x if list:
            try:
                x = out[m]
            finally:
                x > 0
