def half(t, limit):
    if t > limit:
        pass


def f(x, y, n, p, v, box, d):
    o = None
    match o:
        case u if y < -1.0:
            if half(u, limit=p):
                pass
        case _:
            while u + x:
                x += 1
