def f(x, y, n, p, v, box, d):
    z = x * 2.0
    out = []
    k1 = 0
    while True:
        k1 += 1
        if k1 > 1:
            break
        out.append(x)
        if min(z, z) <= xp.sin(y):
            break
        w = v * x
        w[n % 2] = w[0]
    x *= w[0]
    return (x, list(out))
