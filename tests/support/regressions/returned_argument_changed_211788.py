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
    z = x * 2.0
    r = -1
    for p in range(r % 4):
        y, x = z, y
        z = clamp(y, p)
    y = xp.sin(y) * (y * x)
    z -= x
    return (
        (1 % 2),
        (x < x),
        (y < x),
    )
