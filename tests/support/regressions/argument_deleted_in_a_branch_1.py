def f(x, y, n, p, v, box, d):
    if n > 100:
        del v
    x = v * 2
    return x
