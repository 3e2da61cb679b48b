def f(x, y, n, p, v, box, d):
    m = n + 1
    out = [x]
    out.extend(v)
    for y in out:
        for r in range(n):
            w = v

            def down1(k, t):
                if k <= 0:
                    return t * x

            x = down1(m % 4, sum([x]))
    return w.sum()
