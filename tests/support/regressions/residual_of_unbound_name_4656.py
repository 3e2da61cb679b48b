def f(x, y, n, p, v, box, d):
    r = -1
    w = v * 2.0
    s = (y, 2)
    for y in w:
        if s[0] < -1.0:
            return (xp.where(v > x, v, v), (0 % 2))
    for p in range(n % 4):
        return (v, ((r * -2) % 9))
    return (v, abs(q))
