def f(x, y, n, p, v, box, d):
    out = [x * 1]
    for p in range(p):
        out[0] += x
        out.pop()
        out += [y]
    kept = [y * 2]
    for _ in range(n):
        kept[0] += x
        kept[:] = [x]
    return (out[0], kept[0])
