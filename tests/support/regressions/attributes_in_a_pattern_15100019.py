def f(x, y, n, p, v, box, d):
    s = (y, 2)
    (box.a, box.c), x = s, x
    return (x,)
