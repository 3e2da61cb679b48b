def f(x, y, n, p, v, box, d):
    u = y
    w = v
    try:
        pass
        del w
        assert not u, 3
        w = v
    finally:
        (k for k in w)
