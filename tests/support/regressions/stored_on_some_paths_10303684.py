HISTORY = []


def f(x, y, n, p, v, box, d):
    u = y
    out = [x]
    out[n] = x
    if x > 0.5:
        pass
    else:
        HISTORY.append(1 if len(out) > 1 else u)
    u -= xp.sum(v)
