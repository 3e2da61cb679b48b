def both(t):
    yield (-t)


def f(x, y, n, p, v, box, d):
    z = x
    y = sum([z for k in range(n)])
    for p, u in enumerate(both(y)):
        box.a = u
