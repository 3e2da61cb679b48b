def f(x, y, n, p, v, box, d):
    out = []
    for p in range(p):
        pass
        for j in v:
            (*out,) = v
            z = x
        out.append(z)
    return out
