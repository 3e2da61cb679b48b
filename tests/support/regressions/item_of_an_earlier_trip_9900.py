def f(x, y, n, p, v, box, d):
    w = v * 2.0
    for q in range(n % 4, -1, -2):
        w[n % 2] *= d["a"]
        w = v
