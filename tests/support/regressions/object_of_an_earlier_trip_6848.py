def f(x, y, n, p, v, box, d):
    for p, y in enumerate(v):
        for q in range(n % 4, -1, -2):
            z, y = y, x
    else:
        z *= d["a"]
