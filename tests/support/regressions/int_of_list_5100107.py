def f(x, y, n, p, v, box, d):
    out = []
    pass
    print()
    int(out)
