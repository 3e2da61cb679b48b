def f(x, y, n, p, v, box, d):
    for z in (k for k in v):
        v[1] *= z
