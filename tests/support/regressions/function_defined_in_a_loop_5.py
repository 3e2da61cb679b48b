def f(x, y, n, p, v, box, d):
    for k in range(n % 4):
        if x > y:

            def down(k, t):
                if k <= 0:
                    return t * y
                return down(k - 1, t + x) * 0.5

            y = down(n % 4, x)
        x = x + 0.5
    return y
