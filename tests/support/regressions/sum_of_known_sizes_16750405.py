def f(x, y, n, p, v, box, d):
    out = [x]
    for y in out:
        for p, x in enumerate(v):
            pass
        else:
            for q, (y, y) in enumerate(zip(v, out)):
                v = xp.stack([k for k in v])
            if p:
                out.pop()
        box.a = y
