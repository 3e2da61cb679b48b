def f(x, y, n, p, v, box, d):
    w = v * 2.0
    out = [x]
    for p, z in enumerate(w):
        out.append(y)
        x -= x
    return ((v + w), out)
