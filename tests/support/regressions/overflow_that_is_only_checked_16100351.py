def f(x, y, n, p, v, box, d):
    for z in v:
        x = x * x * 1e200
        assert x > -1
        y = z
    return y
