def f(x, y, n, p, v, box, d):
    out = [x]
    for p in range(p):
        out.pop()
        out += [y]
    out[0] += x
