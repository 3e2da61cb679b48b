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
    out[-1] = y if (q <= r) else y
