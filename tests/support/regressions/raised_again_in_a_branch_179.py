def f(x, y, n, p, v, box, d):
    try:
        x = v[p + 7]
    except LookupError:
        if x > y:
            raise
        x = y
    return x
