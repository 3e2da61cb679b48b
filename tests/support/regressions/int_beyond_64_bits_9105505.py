def f(x, y, n, p, v, box, d):
    a = v
    k1 = 0
    while k1 < 2:
        k1 += 1
        for r in range(n, 1, -1):
            k2 = 0
            while k2 < 3:
                k2 += 1
                for q in (1, len):
                    for row in a:
                        x = sum([x for k in v])
    int(x)
