def f(x, y, n, p, v, box, d):
    w = v
    try:
        if True:
            for q in range(n):
                y = x
                w[w < 0] += y
                break
    except IndexError:
        pass
    return (y,)
