def half(t, limit=0.5):
    if t > limit:
        return t * 0.5
    return t + 0.25


def clamp(t, p):
    for k in range(3):
        if t > 1.5:
            t = t - 1.0
        elif k < p:
            continue
        else:
            break
    return t


def bump(box, t):
    if t > box.a:
        box.a = t
        box.c += 1
    return box.c


def f(x, y, n, p, v, box, d):
    w = v * 2.0
    out = [x]
    for p, u in enumerate(w):
        k1 = 0
        k1 += 1
        d["a"] = out[0] if len(out) > 1 else u
    y = u
    y *= x
