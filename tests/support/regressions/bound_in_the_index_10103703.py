def f(x, y, n, p, v, box, d):
    w = v
    w[w < (y := x)] = y
    k = 1.0

    def bump():
        nonlocal k
        k += 1
        return 0

    w[bump()] = k
    return (w, k)
