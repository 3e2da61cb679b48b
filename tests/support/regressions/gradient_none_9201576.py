def f(x, y, n, p, v, box, d):
    u = y
    w = v
    e = v
    a = xp.stack([v])
    out = [x]
    if u:
        for r, (z, z) in enumerate(zip(w, out)):
            for x in []:
                pass
            for p in range(p):
                return (xp.concat([xp.reshape(x, 1)]), xp.stack([v]))
            return (e, a)
