def f(x, y, n, p, v, box, d):
    m = n
    for p in range(m):

        def inner1(k):
            nonlocal p
            for p in range(p):
                pass

        inner1(sum)
    return p
