def f(x, y, n, p, v, box, d):
    u = y
    w = v
    out = [x]
    out.append(u)
    for q, y in enumerate(w):
        y, *out = [y, x]
        pass
    return out
