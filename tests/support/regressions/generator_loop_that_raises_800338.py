def f(x, y, n, p, v, box, d):
    u = y
    m = n

    def made1(k):
        for j in range(n):
            yield (k * x)

    for x in made1(sum([k for k in range(m)])):
        try:
            d["z"]
        finally:
            w = v
            w *= u
