def f(x, y, n, p, v, box, d):
    m = n + 1
    w = v * 2.0
    s = (y, 2)
    for x, y in zip(w, v):
        for p in range(m % 4, -1, -2):
            y *= x
            y, q = s
