def f(x, y, n, p, v, box, d):
    total = xp.sum(xp.grad(lambda j: sum(k * k for k in j))(v))
    v[0] = x
    return total
