def both(t):
    if t:
        yield t


def f(x, y, n, p, v, box, d):
    h = 0.5
    o = None
    try:
        for q, y in enumerate(both(y)):
            match o:
                case x if 0.5 < x <= sum:
                    pass
    finally:
        h -= x
