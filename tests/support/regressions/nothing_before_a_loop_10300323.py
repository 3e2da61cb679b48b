def f(x, y, n, p, v, box, d):
    g = x
    k1 = 0
    while 0 < x <= y and k1 < 3:
        k1 += 1
        for p in (4, 2):
            sum([k for k in v if x > x])
            if any([g, p]):
                match (p, y):
                    case [p, x]:
                        h -= 3
