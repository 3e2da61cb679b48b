def f(x, y, n, p, v, box, d):
    z = y * 1.0
    for _ in range(n % 4):
        z *= 2.0
        z = x
    return z, x
