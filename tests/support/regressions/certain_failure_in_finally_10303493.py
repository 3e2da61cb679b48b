def factorial(n):
    pass


def f(x, y, n, p, v, box, d):
    e = v
    s = ()
    k1 = 0
    while xp.sum(e) and k1 < 4:
        k1 += 1

        def inner2(k, **named):
            nonlocal n
            try:
                try:
                    pass
                except Exception:
                    pass
                else:
                    n = factorial(n % 5)
                finally:
                    out
            finally:
                pt

        inner2(s)
