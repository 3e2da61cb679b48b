def half():
    pass


def f(x, y, n, p, v, box, d):
    out = [x]
    act = half
    try:
        out.sort()
    finally:
        z = x - y
        if y:
            out[0] = y

            def act(k, by=z):
                return by

    act(x)
