import eager as xp


def f(x, y, n, p, v, box, d):
    g = x
    for n in range(n):
        return (v, g, 3)
    return (xp.stack([x]), g, 1)
