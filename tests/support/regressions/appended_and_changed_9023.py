def f(x, y, n, p, v, box, d):
    w = v * 2.0
    out = []
    for r, y in enumerate(w):
        out.append(y)
        if r > 0:
            break
        y *= x + -2
    return (y, n, out)
